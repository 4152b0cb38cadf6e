import { HeddleError } from '@heddle/domain';
import { In, type EntityManager } from 'typeorm';
import { AttemptEntity } from '../persistence/attempt.entity.js';
import { BatchEntity } from '../persistence/batch.entity.js';
import { TaskEntity } from '../persistence/task.entity.js';
import { groupBy } from '../shared/group-by.js';
import { requireId } from '@heddle/platform/ids';
import type { BatchRows } from './batch.mapper.js';

/** @throws HeddleError BATCH_NOT_FOUND */
export async function readBatch(manager: EntityManager, id: string): Promise<BatchRows> {
  requireId(id, 'BATCH_NOT_FOUND', 'batch');
  const batch = await manager.findOneBy(BatchEntity, { id });
  if (batch === null) throw new HeddleError('BATCH_NOT_FOUND', `There is no batch ${id}`, { metadata: { id } });
  const [rows] = await readBatchParts(manager, [batch]);
  if (rows === undefined) throw new Error('unreachable: one batch in, one batch out');
  return rows;
}

/** Tasks and attempts of several batches in two queries. */
export async function readBatchParts(manager: EntityManager, batches: readonly BatchEntity[]): Promise<BatchRows[]> {
  const ids = batches.map((batch) => batch.id);
  if (ids.length === 0) return [];
  const tasks = groupBy(
    await manager.find(TaskEntity, { where: { batchId: In(ids) }, order: { position: 'ASC' } }),
    (task) => task.batchId,
  );
  const attempts = groupBy(
    await manager.find(AttemptEntity, { where: { batchId: In(ids) } }),
    (attempt) => attempt.batchId,
  );
  return batches.map((batch) => ({ batch, tasks: tasks.get(batch.id) ?? [], attempts: attempts.get(batch.id) ?? [] }));
}
