import { Batch, Batch_State } from '@heddle/contracts';
import { toCanonicalJson } from '@heddle/contracts/json';
import { batchState, taskState, type AttemptState } from '@heddle/domain';
import type { AttemptEntity } from '../persistence/attempt.entity.js';
import { toBudget } from '../budgets/budget-facts.js';
import type { BatchEntity } from '../persistence/batch.entity.js';
import type { TaskSummary } from '../persistence/task.entity.js';
import { groupBy } from '../shared/group-by.js';
import { toTask } from '../tasks/task.mapper.js';

/** A batch with all its rows. */
export interface BatchRows {
  readonly batch: BatchEntity;
  readonly tasks: readonly TaskSummary[];
  readonly attempts: readonly AttemptEntity[];
}

/** How many tasks have attempts in exactly these states. */
export interface Standing {
  readonly states: readonly AttemptState[];
  readonly tasks: number;
}

/** With its tasks, which come without their prompts. */
export function toFullBatch({ batch, tasks, attempts }: BatchRows): Batch {
  const byTask = groupBy(attempts, (attempt) => attempt.taskId);
  const standings = [...byTask.values()].map((ofTask) => ({ states: ofTask.map(({ state }) => state), tasks: 1 }));
  return {
    ...toBatch(batch, standings),
    tasks: tasks.map((task) => toTask(task, batch, byTask.get(task.id) ?? [])),
  };
}

/** Without its tasks. */
export function toBatch(batch: BatchEntity, standings: readonly Standing[]): Batch {
  const counts: Record<string, number> = {};
  for (const { states, tasks } of standings) {
    for (const state of states) counts[state] = (counts[state] ?? 0) + tasks;
  }
  return Batch.fromPartial({
    id: batch.id,
    repositoryId: batch.repositoryId,
    ref: batch.ref,
    baseCommit: batch.baseCommit,
    environmentId: batch.environmentId,
    environmentVersion: batch.environmentVersion,
    brief: batch.brief,
    labels: batch.labels,
    priority: batch.priority,
    state: Batch_State[batchState(standings.map(({ states }) => taskState(states)))],
    attemptCounts: counts,
    createTime: batch.createTime,
    endTime: batch.endTime ?? undefined,
    revision: batch.revision,
    budget: toBudget(batch.budget),
    forecastId: batch.forecastId ?? undefined,
  });
}

export function batchJson(batch: Batch): unknown {
  return toCanonicalJson('heddle.v1.Batch', Batch, batch);
}
