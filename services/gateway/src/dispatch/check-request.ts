import { fromBinary, toJson, type JsonValue } from '@bufbuild/protobuf';
import { descriptorRegistry } from '@heddle/contracts/json';
import { fieldInvalid, type FieldViolation } from '@heddle/domain';
import type { RpcMethod } from '../catalog/method-catalog.js';

/**
 * Refuses what no service can store: a binary request that can't be read, or text with a NUL.
 * Requests without a zero byte (nearly all) are not parsed for it.
 * @throws HeddleError FIELD_INVALID
 */
export function checkRequest(method: RpcMethod, request: Uint8Array): void {
  if (!request.includes(0)) return;
  let json: JsonValue;
  try {
    json = toJson(method.input, fromBinary(method.input, request), {
      registry: descriptorRegistry(),
      useProtoFieldName: true,
    });
  } catch (error) {
    throw fieldInvalid([
      {
        field: '',
        description: `the request cannot be read: ${error instanceof Error ? error.message : 'not valid protobuf'}`,
      },
    ]);
  }
  const violations = [...nulsIn(json, '')];
  if (violations.length > 0) throw fieldInvalid(violations);
}

function* nulsIn(value: JsonValue, path: string): Generator<FieldViolation> {
  if (typeof value === 'string') {
    if (value.includes('\0')) yield { field: path, description: 'must not contain a NUL character' };
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* nulsIn(item, `${path}[${index}]`);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) yield* nulsIn(item, path === '' ? key : `${path}.${key}`);
  }
}
