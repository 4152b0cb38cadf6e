import { EVENT_TYPE_PREFIX } from '@heddle/contracts';
import type { EntityManager } from 'typeorm';
import { requestContext } from '../context/request-context.js';
import { notifyChannel, tableName } from './schema-name.js';

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
export async function appendEvent(manager: EntityManager, event: NewEvent): Promise<void> {
  if (manager.queryRunner?.isTransactionActive !== true)
    throw new Error('appendEvent() must be called in the transaction of the change');
  const id = eventId(event.aggregate, event.id, event.version);
  const traceparent = event.traceparent ?? requestContext.get()?.traceparent ?? '';
  const { options } = manager.dataSource;
  const schema = options.type === 'postgres' ? (options.schema ?? 'public') : 'public';
  const payload = {
    specversion: '1.0',
    id,
    type: `${EVENT_TYPE_PREFIX}${event.type}`,
    source: `heddle/${schema}`,
    subject: `${plural(event.aggregate)}/${event.id}`,
    time: new Date().toISOString(),
    revision: String(event.version),
    traceparent,
    data: { [event.aggregate]: event.data },
  };
  await manager.query(
    `INSERT INTO ${tableName(manager, 'outbox')} (event_id, aggregate, aggregate_id, version, type, payload) VALUES ($1, $2, $3, $4, $5, $6)`,
    [id, event.aggregate, event.id, String(event.version), event.type, JSON.stringify(payload)],
  );
  await manager.query('SELECT pg_notify($1, $2)', [notifyChannel(schema), '']);
}

function plural(aggregate: string): string {
  if (/(s|x|z|ch|sh)$/.test(aggregate)) return `${aggregate}es`;
  if (/[^aeiou]y$/.test(aggregate)) return `${aggregate.slice(0, -1)}ies`;
  return `${aggregate}s`;
}
