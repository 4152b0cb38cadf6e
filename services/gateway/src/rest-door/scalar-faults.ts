import { ScalarType } from '@bufbuild/protobuf';
import type { JsonValue } from '@heddle/contracts/json';

const INT32 = { min: -(2n ** 31n), max: 2n ** 31n - 1n };
const UINT32 = { min: 0n, max: 2n ** 32n - 1n };
const INT64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n };
const UINT64 = { min: 0n, max: 2n ** 64n - 1n };

const RANGES: Readonly<Partial<Record<ScalarType, { min: bigint; max: bigint }>>> = {
  [ScalarType.INT32]: INT32,
  [ScalarType.SINT32]: INT32,
  [ScalarType.SFIXED32]: INT32,
  [ScalarType.UINT32]: UINT32,
  [ScalarType.FIXED32]: UINT32,
  [ScalarType.INT64]: INT64,
  [ScalarType.SINT64]: INT64,
  [ScalarType.SFIXED64]: INT64,
  [ScalarType.UINT64]: UINT64,
  [ScalarType.FIXED64]: UINT64,
};

/** What is wrong with a value for a scalar field, or undefined. */
export function scalarFault(type: ScalarType | 'string', value: JsonValue): string | undefined {
  const range = type === 'string' ? undefined : RANGES[type];
  if (range !== undefined) return integerFault(value, range);
  switch (type) {
    case ScalarType.BOOL:
      return typeof value === 'boolean' ? undefined : 'must be true or false';
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return isFloat(value) ? undefined : 'must be a number';
    case ScalarType.BYTES:
      return typeof value === 'string' && /^[A-Za-z0-9+/_-]*={0,2}$/.test(value) ? undefined : 'must be base64';
    default:
      return stringFault(value);
  }
}

export function stringFault(value: JsonValue): string | undefined {
  if (typeof value !== 'string') return 'must be a string';
  if (value.includes('\0')) return 'must not contain a NUL character';
  if (/\p{Surrogate}/u.test(value)) return 'must be valid Unicode';
  return undefined;
}

function integerFault(value: JsonValue, { min, max }: { min: bigint; max: bigint }): string | undefined {
  const isWhole =
    (typeof value === 'number' && Number.isInteger(value)) || (typeof value === 'string' && /^-?\d{1,20}$/.test(value));
  if (!isWhole) return 'must be a whole number';
  const number = BigInt(value);
  return number >= min && number <= max ? undefined : `must be ${min} to ${max}`;
}

function isFloat(value: JsonValue): boolean {
  if (typeof value === 'number') return true;
  return (
    typeof value === 'string' && (/^(NaN|-?Infinity)$/.test(value) || /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(value))
  );
}
