import { createHash } from 'node:crypto';
import { HeddleError } from '@heddle/domain';
import type { EntityManager } from 'typeorm';
import { tableName } from './schema-name.js';

export interface RequestKey {
  readonly principal: string;
  /** Full rpc name, e.g. `heddle.v1.BatchService/CreateBatch`. */
  readonly method: string;
  /** The client's `requestId`; empty or absent: every call is a new one. */
  readonly requestId: string | undefined;
  /** The parsed request in its binary form: what a repeat is compared by. */
  readonly body: Uint8Array;
}

/**
 * Runs `effect` once per (principal, method, requestId), in the caller's transaction; a repeat gets the first answer.
 * A repeat that comes while the first is in flight waits for it (on the row's lock). Only successes are kept: an effect
 * that throws takes its row with it by the rollback.
 * `effect` must use the same manager only: others' connections may all be waiting here.
 * @throws HeddleError REQUEST_ID_REUSED if the body differs from the first one's
 */
export async function oncePerRequest(
  manager: EntityManager,
  key: RequestKey,
  effect: () => Promise<Uint8Array>,
): Promise<Uint8Array> {
  if (key.requestId === undefined || key.requestId === '') return effect();
  if (manager.queryRunner?.isTransactionActive !== true)
    throw new Error('oncePerRequest() must be called in the transaction of the effect');
  const table = tableName(manager, 'request_log');
  const row = [key.principal, key.method, key.requestId];
  const inserted: unknown[] = await manager.query(
    `INSERT INTO ${table} (principal, method, request_id, body_hash) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING RETURNING 1 AS first`,
    [...row, bodyHash(key.body)],
  );
  if (inserted.length === 0) {
    const answer = await recordedAnswer(manager, key);
    // The row was there a moment ago: only housekeeping after its keeping time can have removed it.
    if (answer === undefined)
      throw new HeddleError('SERVICE_UNAVAILABLE', 'The earlier answer was just removed; repeat the request');
    return answer;
  }
  const response = await effect();
  await manager.query(`UPDATE ${table} SET response = $4 WHERE principal = $1 AND method = $2 AND request_id = $3`, [
    ...row,
    Buffer.from(response),
  ]);
  return response;
}

/**
 * The answer that a request already got, for asking before costly preparations; undefined if it is new.
 * @throws HeddleError REQUEST_ID_REUSED if the body differs from the first one's
 */
export async function recordedAnswer(manager: EntityManager, key: RequestKey): Promise<Uint8Array | undefined> {
  if (key.requestId === undefined || key.requestId === '') return undefined;
  const rows: { body_hash: Buffer; response: Buffer | null }[] = await manager.query(
    `SELECT body_hash, response FROM ${tableName(manager, 'request_log')} WHERE principal = $1 AND method = $2 AND request_id = $3`,
    [key.principal, key.method, key.requestId],
  );
  const row = rows[0];
  if (row === undefined || row.response === null) return undefined;
  if (!row.body_hash.equals(bodyHash(key.body))) {
    throw new HeddleError('REQUEST_ID_REUSED', 'This requestId was used for a different request', {
      metadata: { requestId: key.requestId },
    });
  }
  return row.response;
}

function bodyHash(body: Uint8Array): Buffer {
  return createHash('sha256').update(body).digest();
}
