import { EVENT_TYPE_PREFIX, type StreamEventsRequest } from '@heddle/contracts';
import { fieldInvalid } from '@heddle/domain';
import type { JsonValue } from '@heddle/contracts/json';

export type EventJson = Readonly<Record<string, JsonValue>>;

export interface EventFilter {
  matches(event: EventJson): boolean;
}

/** @throws HeddleError FIELD_INVALID for a type that is neither `a.b` nor `a.*` */
export function eventFilter(request: Pick<StreamEventsRequest, 'types' | 'batchId'>): EventFilter {
  const violations = request.types.flatMap((type, index) =>
    /^[a-z_]+\.([a-z_]+|\*)$/.test(shortType(type))
      ? []
      : [{ field: `types[${index}]`, description: 'must look like attempt.completed or attempt.*' }],
  );
  if (violations.length > 0) throw fieldInvalid(violations);
  const types = request.types.map(shortType);
  return {
    matches: (event) => isOfType(event, types) && isOfBatch(event, request.batchId),
  };
}

function isOfType(event: EventJson, types: readonly string[]): boolean {
  if (types.length === 0) return true;
  const type = shortType(typeof event['type'] === 'string' ? event['type'] : '');
  return types.some((wanted) => (wanted.endsWith('.*') ? type.startsWith(wanted.slice(0, -1)) : type === wanted));
}

function isOfBatch(event: EventJson, batchId: string): boolean {
  if (batchId === '' || event['subject'] === `batches/${batchId}`) return true;
  const data = event['data'];
  if (!isObject(data)) return false;
  return Object.values(data).some((resource) => isObject(resource) && resource['batchId'] === batchId);
}

function shortType(type: string): string {
  return type.startsWith(EVENT_TYPE_PREFIX) ? type.slice(EVENT_TYPE_PREFIX.length) : type;
}

function isObject(value: JsonValue | undefined): value is Record<string, JsonValue> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
