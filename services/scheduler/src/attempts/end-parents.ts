import type { Batch, Task } from '@heddle/contracts';
import { isEndState } from '@heddle/domain';
import type { NewEvent } from '@heddle/platform/outbox';
import type { EntityManager } from 'typeorm';
import { readStandings } from '../batches/batch-rows.js';
import { batchJson, toBatch } from '../batches/batch.mapper.js';
import { AttemptEntity } from '../persistence/attempt.entity.js';
import { BatchEntity } from '../persistence/batch.entity.js';
import { TaskEntity, WITHOUT_PROMPT, type TaskSummary } from '../persistence/task.entity.js';
import { taskJson, toTask } from '../tasks/task.mapper.js';

/**
 * The last attempt to end also ends its task, and the last task its batch: decided under the parent's lock.
 * @param attempt as it was stored in this transaction
 * @returns events of the task and the batch, where they ended
 */
export async function endParents(manager: EntityManager, attempt: AttemptEntity): Promise<NewEvent[]> {
  const task = await manager.findOneOrFail(TaskEntity, {
    where: { id: attempt.taskId },
    select: WITHOUT_PROMPT,
    lock: { mode: 'pessimistic_write' },
  });
  const attempts = await manager.findBy(AttemptEntity, { taskId: task.id });
  if (!attempts.every(({ state }) => isEndState(state))) return [];
  const batch = await manager.findOneOrFail(BatchEntity, {
    where: { id: attempt.batchId },
    lock: { mode: 'pessimistic_write' },
  });
  await end(manager, TaskEntity, task, attempt.endTime);
  const ofTask = toTask(task, batch, attempts);
  const events: NewEvent[] = [ended('task', ofTask, taskJson(ofTask), batch)];
  if (await hasLiveAttempts(manager, batch.id)) return events;
  await end(manager, BatchEntity, batch, attempt.endTime);
  const standings = await readStandings(manager, [batch.id]);
  const ofBatch = toBatch(batch, standings.get(batch.id) ?? []);
  return [...events, ended('batch', ofBatch, batchJson(ofBatch), batch)];
}

function ended(
  aggregate: 'task' | 'batch',
  { id, revision, state }: Pick<Task | Batch, 'id' | 'revision' | 'state'>,
  data: unknown,
  { traceparent }: BatchEntity,
): NewEvent {
  return { aggregate, id, version: revision, type: `${aggregate}.${state.toLowerCase()}`, data, traceparent };
}

async function end(
  manager: EntityManager,
  entity: typeof TaskEntity | typeof BatchEntity,
  row: TaskSummary | BatchEntity,
  endTime: Date | null,
): Promise<void> {
  row.endTime = endTime;
  row.revision = String(BigInt(row.revision) + 1n);
  await manager.update(entity, { id: row.id }, { endTime: row.endTime, revision: row.revision });
}

async function hasLiveAttempts(manager: EntityManager, batchId: string): Promise<boolean> {
  const live: unknown[] = await manager.query(
    `SELECT 1 FROM attempts WHERE batch_id = $1 AND state NOT IN ('COMPLETED', 'FAILED', 'TIMED_OUT', 'CANCELLED') LIMIT 1`,
    [batchId],
  );
  return live.length > 0;
}
