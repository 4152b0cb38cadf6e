import { EVENT_TYPE_PREFIX } from '@heddle/contracts';
import { HeddleError } from '@heddle/domain';
import type { EntityManager } from 'typeorm';
import { requestContext } from '../context/request-context.js';
import { notifyChannel, tableName } from './schema-name.js';

/** The stream takes 4 MiB with headers. */
const MAX_EVENT_BYTES = 4 * 1024 * 1024 - 64 * 1024;

export interface NewEvent {
  /** A field of `heddle.v1.EventData`: attempt, task, batch, change, … */
  readonly aggregate: string;
  readonly id: string;
  /** The resource's revision after the change: 1 for the first event, then +1 each. */
  readonly version: number | string | bigint;
  /** Without the prefix `heddle.v1.`, e.g. `attempt.queued`. */
  readonly type: string;
  /** Canonical proto3 JSON of the resource as it is after the change. */
  readonly data: unknown;
  /** Of the request that caused it; the present context's if absent. */
  readonly traceparent?: string;
}

/** The id of an event, derived from what it is about, so that a repeat has the same one. */
export function eventId(aggregate: string, id: string, version: NewEvent['version']): string {
  return `${aggregate}-${id}-${version}`;
}

/**
 * Notes an event in the transaction of the change that it tells of; the relay publishes it after the commit.
 * The caller holds the lock on the aggregate's row, so that versions have no gaps.
 * @throws Error outside a transaction
 */
export function appendEvent(manager: EntityManager, event: NewEvent): Promise<void> {
  return appendEvents(manager, [event]);
}

/**
 * The same for many events, in one statement.
 * @throws HeddleError REQUEST_TOO_LARGE for what the stream would never take
 */
export async function appendEvents(manager: EntityManager, events: readonly NewEvent[]): Promise<void> {
  if (manager.queryRunner?.isTransactionActive !== true)
    throw new Error('events must be appended in the transaction of the change');
  const { options } = manager.dataSource;
  const schema = options.type === 'postgres' ? (options.schema ?? 'public') : 'public';
  // One notification a transaction: Postgres drops equal ones.
  await manager.query(
    `WITH appended AS (
       INSERT INTO ${tableName(manager, 'outbox')} (event_id, aggregate, aggregate_id, version, type, payload)
       SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[]))
     SELECT pg_notify($7, '')`,
    [
      events.map((event) => eventId(event.aggregate, event.id, event.version)),
      events.map((event) => event.aggregate),
      events.map((event) => event.id),
      events.map((event) => String(event.version)),
      events.map((event) => event.type),
      events.map((event) => payloadOf(event, schema)),
      notifyChannel(schema),
    ],
  );
}

function payloadOf(event: NewEvent, schema: string): string {
  const payload = JSON.stringify({
    specversion: '1.0',
    id: eventId(event.aggregate, event.id, event.version),
    type: `${EVENT_TYPE_PREFIX}${event.type}`,
    source: `heddle/${schema}`,
    subject: `${plural(event.aggregate)}/${event.id}`,
    time: new Date().toISOString(),
    revision: String(event.version),
    traceparent: event.traceparent ?? requestContext.get()?.traceparent ?? '',
    data: { [event.aggregate]: event.data },
  });
  if (Buffer.byteLength(payload) > MAX_EVENT_BYTES)
    throw new HeddleError('REQUEST_TOO_LARGE', `The ${event.aggregate} would be larger than an event can be`, {
      metadata: { aggregate: event.aggregate, id: event.id },
    });
  return payload;
}

function plural(aggregate: string): string {
  if (/(s|x|z|ch|sh)$/.test(aggregate)) return `${aggregate}es`;
  if (/[^aeiou]y$/.test(aggregate)) return `${aggregate.slice(0, -1)}ies`;
  return `${aggregate}s`;
}
