import type { DescEnum, DescField, DescMessage } from '@bufbuild/protobuf';
import type { JsonValue } from '@heddle/contracts/json';
import type { FieldViolation } from '@heddle/domain';
import { scalarFault } from './scalar-faults.js';
import { wellKnownFault } from './well-known-faults.js';

/**
 * Everything in a JSON value that is no canonical proto3 JSON of a message, with the path of each fault as the client spelled it:
 * unknown keys, unknown enum words, wrong types and ranges, characters that can't be stored. Empty if there is nothing.
 */
export function jsonFaults(message: DescMessage, value: JsonValue, path = ''): FieldViolation[] {
  const special = wellKnownFault(message.typeName, value);
  if (special !== undefined) return special === '' ? [] : [fault(path, special)];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [fault(path, 'must be an object')];
  const seen = new Map<DescField, string>();
  return Object.entries(value).flatMap(([key, item]) => {
    const at = path === '' ? key : `${path}.${key}`;
    const field = fieldOf(message, key);
    if (field === undefined) return [fault(at, 'is not known')];
    const twin = seen.get(field);
    seen.set(field, key);
    if (twin !== undefined) return [fault(at, `is given twice, also as ${twin}`)];
    return item === null ? [] : fieldFaults(field, item, at);
  });
}

/** A field by either of the names that canonical JSON reads. */
export function fieldOf(message: DescMessage, key: string): DescField | undefined {
  return message.fields.find((field) => field.jsonName === key || field.name === key);
}

function fieldFaults(field: DescField, value: JsonValue, path: string): FieldViolation[] {
  switch (field.fieldKind) {
    case 'message':
      return jsonFaults(field.message, value, path);
    case 'enum':
      return one(path, enumFault(field.enum, value));
    case 'scalar':
      return one(path, scalarFault(field.scalar, value));
    case 'list':
      if (!Array.isArray(value)) return [fault(path, 'must be a list')];
      return value.flatMap((item, index) => itemFaults(field, item, `${path}[${index}]`));
    case 'map':
      if (typeof value !== 'object' || value === null || Array.isArray(value))
        return [fault(path, 'must be an object')];
      return Object.entries(value).flatMap(([key, item]) => [
        ...one(path, scalarFault('string', key)),
        ...itemFaults(field, item, `${path}.${key}`),
      ]);
  }
}

function itemFaults(field: DescField & { fieldKind: 'list' | 'map' }, item: JsonValue, path: string): FieldViolation[] {
  const kind = field.fieldKind === 'list' ? field.listKind : field.mapKind;
  if (kind === 'message' && field.message !== undefined) return jsonFaults(field.message, item, path);
  if (kind === 'enum' && field.enum !== undefined) return one(path, enumFault(field.enum, item));
  return field.scalar === undefined ? [] : one(path, scalarFault(field.scalar, item));
}

function enumFault(descriptor: DescEnum, value: JsonValue): string | undefined {
  const known = descriptor.values.some((each) => each.name === value || each.number === value);
  if (known) return undefined;
  return `must be one of ${descriptor.values
    .filter((each) => each.number !== 0)
    .map((each) => each.name)
    .join(', ')}`;
}

function one(path: string, description: string | undefined): FieldViolation[] {
  return description === undefined ? [] : [fault(path, description)];
}

function fault(field: string, description: string): FieldViolation {
  return { field, description };
}
