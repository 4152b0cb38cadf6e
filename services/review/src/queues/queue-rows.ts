import { HeddleError } from '@heddle/domain';
import { newId, requireId } from '@heddle/platform/ids';
import { appendEvent } from '@heddle/platform/outbox';
import type { EntityManager } from 'typeorm';
import { queueJson } from './landing-queue.mapper.js';
import { LandingQueueEntity } from './landing-queue.entity.js';

/** Of which branch a queue is. */
export interface BranchRef {
  readonly repositoryId: string;
  readonly branch: string;
}

/** The queue of a branch; made with the defaults of the table where there is none yet. In the caller's transaction. */
export async function ensureQueue(
  manager: EntityManager,
  { repositoryId, branch }: BranchRef,
): Promise<LandingQueueEntity> {
  const made: { id: string }[] = await manager.query(
    `INSERT INTO landing_queues (id, repository_id, branch) VALUES ($1, $2, $3)
     ON CONFLICT (repository_id, branch) DO NOTHING RETURNING id`,
    [newId(), repositoryId, branch],
  );
  const row = await manager.findOneByOrFail(LandingQueueEntity, { repositoryId, branch });
  if (made.length > 0) await queueEvent(manager, row, 'queue.created');
  return row;
}

/** @throws HeddleError QUEUE_NOT_FOUND */
export async function lockQueue(manager: EntityManager, id: string): Promise<LandingQueueEntity> {
  requireId(id, 'QUEUE_NOT_FOUND', 'queue');
  const row = await manager.findOne(LandingQueueEntity, { where: { id }, lock: { mode: 'pessimistic_write' } });
  if (row === null) throw queueNotFound(id);
  return row;
}

export function queueNotFound(id: string): HeddleError {
  return new HeddleError('QUEUE_NOT_FOUND', `There is no landing queue ${id}`, { metadata: { id } });
}

/** True while what is tested may be pushed; it stays so until the caller's transaction ends. */
export async function mayPush(manager: EntityManager, branch: BranchRef): Promise<boolean> {
  const row = await manager.findOne(LandingQueueEntity, {
    where: { repositoryId: branch.repositoryId, branch: branch.branch },
    lock: { mode: 'pessimistic_read' },
  });
  return row?.state === 'ACTIVE';
}

/** Writes what was changed of a locked queue, with its event; its open landings are told, so that its workflow looks. */
export async function saveQueue(
  manager: EntityManager,
  row: LandingQueueEntity,
  type: 'queue.updated' | 'queue.paused' | 'queue.stopped' | 'queue.resumed',
): Promise<void> {
  row.updateTime = new Date();
  row.revision = String(BigInt(row.revision) + 1n);
  await manager.save(LandingQueueEntity, row);
  await queueEvent(manager, row, type);
  await manager.query(
    `UPDATE landings SET dispatched_at = NULL WHERE queue_id = $1 AND state IN ('QUEUED', 'TESTING', 'PUSHING')`,
    [row.id],
  );
}

async function queueEvent(manager: EntityManager, row: LandingQueueEntity, type: string): Promise<void> {
  await appendEvent(manager, { aggregate: 'queue', id: row.id, version: row.revision, type, data: queueJson(row) });
}
