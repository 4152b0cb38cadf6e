import type { NewEvent } from '@heddle/platform/outbox';
import type { EntityManager } from 'typeorm';
import { readStandings } from '../batches/batch-rows.js';
import { batchJson, toBatch } from '../batches/batch.mapper.js';
import { AttemptEntity } from '../persistence/attempt.entity.js';
import { BatchEntity } from '../persistence/batch.entity.js';
import { TaskEntity, WITHOUT_PROMPT, type TaskSummary } from '../persistence/task.entity.js';
import { taskJson, toTask } from '../tasks/task.mapper.js';

export interface Parents {
  readonly task: TaskSummary;
  readonly batch: BatchEntity;
}

/** Locks the task, then its batch, as the end of an attempt does: neither ends while this transaction lasts. */
export async function lockParents(manager: EntityManager, taskId: string): Promise<Parents | undefined> {
  const lock = { mode: 'pessimistic_write' } as const;
  const task = await manager.findOne(TaskEntity, { where: { id: taskId }, select: WITHOUT_PROMPT, lock });
  if (task === null) return undefined;
  return { task, batch: await manager.findOneOrFail(BatchEntity, { where: { id: task.batchId }, lock }) };
}

/**
 * An ended task that has an attempt again which has not ended goes on, and so does its batch. Both are locked.
 * @returns events of those that had ended
 */
export async function reopenParents(manager: EntityManager, { task, batch }: Parents): Promise<NewEvent[]> {
  const events: NewEvent[] = [];
  if (task.endTime !== null) {
    await reopen(manager, TaskEntity, task);
    const ofTask = toTask(task, batch, await manager.findBy(AttemptEntity, { taskId: task.id }));
    events.push(goesOn('task', ofTask, taskJson(ofTask), batch));
  }
  if (batch.endTime !== null) {
    await reopen(manager, BatchEntity, batch);
    const ofBatch = toBatch(batch, (await readStandings(manager, [batch.id])).get(batch.id) ?? []);
    events.push(goesOn('batch', ofBatch, batchJson(ofBatch), batch));
  }
  return events;
}

async function reopen(
  manager: EntityManager,
  entity: typeof TaskEntity | typeof BatchEntity,
  row: TaskSummary | BatchEntity,
): Promise<void> {
  row.endTime = null;
  row.revision = String(BigInt(row.revision) + 1n);
  await manager.update(entity, { id: row.id }, { endTime: null, revision: row.revision });
}

function goesOn(
  aggregate: 'task' | 'batch',
  { id, revision, state }: { readonly id: string; readonly revision: string; readonly state: string },
  data: unknown,
  { traceparent }: BatchEntity,
): NewEvent {
  return { aggregate, id, version: revision, type: `${aggregate}.${state.toLowerCase()}`, data, traceparent };
}
