import { appendEvent, type NewEvent } from '@heddle/platform/outbox';
import type { EntityManager } from 'typeorm';
import { attemptEvent, changeAttempt, lockAttempt } from '../attempts/attempt-rows.js';
import { attemptJson, toAttempt } from '../attempts/attempt.mapper.js';
import { readStandings } from '../batches/batch-rows.js';
import { batchJson, toBatch } from '../batches/batch.mapper.js';
import { AttemptEntity } from '../persistence/attempt.entity.js';
import { BatchEntity } from '../persistence/batch.entity.js';
import { TaskEntity, WITHOUT_PROMPT } from '../persistence/task.entity.js';
import { taskJson, toTask } from '../tasks/task.mapper.js';
import type { BudgetFacts } from './budget-facts.js';
import { spendingOf, type BudgetOwner } from './spending.js';

export interface BudgetColumns {
  readonly budget: BudgetFacts | null;
  readonly budgetWarnTime: Date | null;
}

/**
 * Changes the budget of a batch, a task or an attempt under its lock, with an event that also says what has been used.
 * @param changesOf of the columns as they are; undefined: nothing is to change
 * @returns false where nothing changed, or there is none such
 */
export async function changeBudget(
  manager: EntityManager,
  owner: BudgetOwner,
  type: 'budget.warned' | 'budget.raised',
  changesOf: (row: BudgetColumns) => BudgetColumns | undefined,
): Promise<boolean> {
  const event = await CHANGE[owner.kind](manager, owner.id, type, changesOf);
  if (event === undefined) return false;
  await appendEvent(manager, event);
  return true;
}

type Change = (
  manager: EntityManager,
  id: string,
  type: string,
  changesOf: (row: BudgetColumns) => BudgetColumns | undefined,
) => Promise<NewEvent | undefined>;

const CHANGE: Readonly<Record<BudgetOwner['kind'], Change>> = {
  attempt: async (manager, id, type, changesOf) => {
    const locked = await lockAttempt(manager, id);
    const changes = locked && changesOf(locked.attempt);
    if (locked === undefined || changes === undefined) return undefined;
    await changeAttempt(manager, locked.attempt, changes);
    const spending = await spendingOf(manager, { kind: 'attempt', id }, changes.budget);
    return {
      ...attemptEvent(locked, type),
      data: attemptJson({ ...toAttempt(locked.attempt, locked.around), spending }),
    };
  },
  task: async (manager, id, type, changesOf) => {
    const lock = { mode: 'pessimistic_write' } as const;
    const task = await manager.findOne(TaskEntity, { where: { id }, select: WITHOUT_PROMPT, lock });
    const changes = task && changesOf(task);
    if (task === null || changes === null || changes === undefined) return undefined;
    const next = Object.assign(task, changes, { revision: String(BigInt(task.revision) + 1n) });
    await manager.update(TaskEntity, { id }, { ...changes, revision: next.revision });
    const batch = await manager.findOneByOrFail(BatchEntity, { id: task.batchId });
    const attempts = await manager.findBy(AttemptEntity, { taskId: id });
    const spending = await spendingOf(manager, { kind: 'task', id }, changes.budget);
    const data = taskJson({ ...toTask(next, batch, attempts), spending });
    return { aggregate: 'task', id, version: next.revision, type, data, traceparent: batch.traceparent };
  },
  batch: async (manager, id, type, changesOf) => {
    const batch = await manager.findOne(BatchEntity, { where: { id }, lock: { mode: 'pessimistic_write' } });
    const changes = batch && changesOf(batch);
    if (batch === null || changes === null || changes === undefined) return undefined;
    const next = Object.assign(batch, changes, { revision: String(BigInt(batch.revision) + 1n) });
    await manager.update(BatchEntity, { id }, { ...changes, revision: next.revision });
    const standings = await readStandings(manager, [id]);
    const spending = await spendingOf(manager, { kind: 'batch', id }, changes.budget);
    const data = batchJson({ ...toBatch(next, standings.get(id) ?? []), spending });
    return { aggregate: 'batch', id, version: next.revision, type, data, traceparent: batch.traceparent };
  },
};
