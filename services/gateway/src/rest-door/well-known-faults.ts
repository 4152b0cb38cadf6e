import type { JsonValue } from '@heddle/contracts/json';

const TIMESTAMP = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$/;
const DURATION = /^-?\d{1,12}(\.\d{1,9})?s$/;
const FIELD_MASK = /^([a-zA-Z][a-zA-Z0-9]*(\.[a-zA-Z][a-zA-Z0-9]*)*(,|$))*$/;
const MAX_DURATION_SECONDS = 315_576_000_000;

/**
 * What is wrong with the JSON of a well-known type: a text, or '' if nothing is.
 * @returns undefined for messages that are written as objects of their fields
 */
export function wellKnownFault(typeName: string, value: JsonValue): string | undefined {
  switch (typeName) {
    case 'google.protobuf.Timestamp':
      return isTimestamp(value) ? '' : 'must be a time like 2025-01-31T12:00:00Z';
    case 'google.protobuf.Duration':
      return isDuration(value) ? '' : 'must be a duration in seconds like "3.5s"';
    case 'google.protobuf.FieldMask':
      return typeof value === 'string' && FIELD_MASK.test(value) ? '' : 'must be field names joined by commas';
    case 'google.protobuf.Struct':
      return typeof value === 'object' && value !== null && !Array.isArray(value) ? '' : 'must be an object';
    case 'google.protobuf.Value':
      return '';
    default:
      return undefined;
  }
}

function isTimestamp(value: JsonValue): boolean {
  return typeof value === 'string' && TIMESTAMP.test(value) && !Number.isNaN(Date.parse(value));
}

function isDuration(value: JsonValue): boolean {
  return (
    typeof value === 'string' && DURATION.test(value) && Math.abs(Number.parseFloat(value)) <= MAX_DURATION_SECONDS
  );
}
