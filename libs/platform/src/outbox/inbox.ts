import type { EntityManager } from 'typeorm';
import { tableName } from './schema-name.js';

export interface InboxMessage {
  readonly consumer: string;
  readonly aggregate: string;
  readonly id: string;
  readonly version: number | string | bigint;
}

/** A version came before the one that precedes it. The consumer gives the message back for a while. */
export class VersionGapError extends Error {
  override readonly name = 'VersionGapError';
}

/**
 * Applies an event once per consumer, effect and `last_version` in the caller's transaction; a version that is not newer does nothing.
 * The first version that a consumer sees of an aggregate may be any: earlier ones may have left the stream.
 * @param onGap `refuse` throws VersionGapError when versions were skipped; `accept` is for consumers that read the owner's present state
 * @returns false if the version was applied before
 */
export async function oncePerVersion(
  manager: EntityManager,
  message: InboxMessage,
  onGap: 'refuse' | 'accept',
  effect: () => Promise<void>,
): Promise<boolean> {
  if (manager.queryRunner?.isTransactionActive !== true)
    throw new Error('oncePerVersion() must be called in the transaction of the effect');
  const table = tableName(manager, 'inbox');
  const key = [message.consumer, message.aggregate, message.id];
  const version = BigInt(message.version);
  const rows: { last_version: string }[] = await manager.query(
    `INSERT INTO ${table} (consumer, aggregate, aggregate_id, last_version) VALUES ($1, $2, $3, 0)
     ON CONFLICT (consumer, aggregate, aggregate_id) DO UPDATE SET last_version = ${table}.last_version RETURNING last_version`,
    key,
  );
  const last = BigInt(rows[0]?.last_version ?? '0');
  if (version <= last) return false;
  if (onGap === 'refuse' && last > 0n && version > last + 1n) {
    throw new VersionGapError(`${message.aggregate} ${message.id}: version ${version} came after ${last}`);
  }
  await effect();
  await manager.query(
    `UPDATE ${table} SET last_version = $4 WHERE consumer = $1 AND aggregate = $2 AND aggregate_id = $3`,
    [...key, version.toString()],
  );
  return true;
}
