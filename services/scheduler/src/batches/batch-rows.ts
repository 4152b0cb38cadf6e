import { HeddleError, type AttemptState } from '@heddle/domain';
import { requireId } from '@heddle/platform/ids';
import type { EntityManager } from 'typeorm';
import { AttemptEntity } from '../persistence/attempt.entity.js';
import { BatchEntity } from '../persistence/batch.entity.js';
import { TaskEntity, WITHOUT_PROMPT } from '../persistence/task.entity.js';
import { groupBy } from '../shared/group-by.js';
import type { BatchRows, Standing } from './batch.mapper.js';

/** @throws HeddleError BATCH_NOT_FOUND */
export async function batchRow(manager: EntityManager, id: string): Promise<BatchEntity> {
  requireId(id, 'BATCH_NOT_FOUND', 'batch');
  const batch = await manager.findOneBy(BatchEntity, { id });
  if (batch === null) throw new HeddleError('BATCH_NOT_FOUND', `There is no batch ${id}`, { metadata: { id } });
  return batch;
}

/** @throws HeddleError BATCH_NOT_FOUND */
export async function readBatch(manager: EntityManager, id: string): Promise<BatchRows> {
  const batch = await batchRow(manager, id);
  const tasks = await manager.find(TaskEntity, {
    where: { batchId: id },
    select: WITHOUT_PROMPT,
    order: { position: 'ASC' },
  });
  return { batch, tasks, attempts: await manager.findBy(AttemptEntity, { batchId: id }) };
}

/** How the tasks of batches stand, by the batch's id; counted by the database: a batch has up to 3,200 attempts. */
export async function readStandings(
  manager: EntityManager,
  batchIds: readonly string[],
): Promise<ReadonlyMap<string, readonly Standing[]>> {
  const rows: { batch_id: string; states: AttemptState[]; tasks: number }[] = await manager.query(
    `SELECT batch_id, states, count(*)::int AS tasks
     FROM (SELECT batch_id, array_agg(state ORDER BY state) AS states FROM attempts
           WHERE batch_id = ANY($1) GROUP BY batch_id, task_id) AS by_task
     GROUP BY batch_id, states`,
    [batchIds],
  );
  return groupBy(rows, (row) => row.batch_id);
}
