import { ScalarType, type DescField, type DescMessage } from '@bufbuild/protobuf';
import type { JsonValue } from '@heddle/contracts/json';
import type { FieldViolation } from '@heddle/domain';
import { fieldOf } from './json-faults.js';

export type JsonObject = Record<string, JsonValue>;

const TEXT_MESSAGES = new Set(['google.protobuf.Timestamp', 'google.protobuf.Duration', 'google.protobuf.FieldMask']);
const SMALL_NUMBERS = new Set([
  ScalarType.INT32,
  ScalarType.SINT32,
  ScalarType.SFIXED32,
  ScalarType.UINT32,
  ScalarType.FIXED32,
  ScalarType.FLOAT,
  ScalarType.DOUBLE,
]);

/**
 * Puts a value that came as text (path or query) where its name says, as the JSON that the field takes.
 * @param name field names joined by dots, in either spelling
 * @returns what is wrong with the name, if anything; the value itself is judged later, with all others
 */
export function putText(
  target: JsonObject,
  message: DescMessage,
  name: string,
  text: string,
): FieldViolation | undefined {
  const [first = '', ...rest] = name.split('.');
  const field = fieldOf(message, first);
  if (field === undefined) return unknown(name);
  if (rest.length > 0) {
    if (field.fieldKind !== 'message' || TEXT_MESSAGES.has(field.message.typeName)) return unknown(name);
    const inner = target[field.jsonName];
    const object = isObject(inner) ? inner : {};
    target[field.jsonName] = object;
    const fault = putText(object, field.message, rest.join('.'), text);
    return fault && { ...fault, field: name };
  }
  if (!isTextual(field)) return { field: name, description: 'cannot be given here' };
  const value = toJson(field, text);
  const known = target[field.jsonName];
  if (field.fieldKind === 'list') target[field.jsonName] = Array.isArray(known) ? [...known, value] : [value];
  else if (known === undefined) target[field.jsonName] = value;
  else return { field: name, description: 'is given more than once' };
  return undefined;
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unknown(name: string): FieldViolation {
  return { field: name, description: 'is not known' };
}

function isTextual(field: DescField): boolean {
  if (field.fieldKind === 'scalar' || field.fieldKind === 'enum') return true;
  if (field.fieldKind === 'message') return TEXT_MESSAGES.has(field.message.typeName);
  return field.fieldKind === 'list' && field.listKind !== 'message';
}

function toJson(field: DescField, text: string): JsonValue {
  if (field.enum !== undefined && /^\d+$/.test(text)) return Number(text);
  if (field.scalar === undefined) return text;
  if (field.scalar === ScalarType.BOOL) return text === 'true' ? true : text === 'false' ? false : text;
  return SMALL_NUMBERS.has(field.scalar) && /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}
