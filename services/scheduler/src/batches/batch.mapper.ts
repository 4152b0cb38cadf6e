import { Batch, Batch_State } from '@heddle/contracts';
import { toCanonicalJson } from '@heddle/contracts/json';
import { batchState, taskState, type RollupState } from '@heddle/domain';
import type { AttemptEntity } from '../persistence/attempt.entity.js';
import type { BatchEntity } from '../persistence/batch.entity.js';
import type { TaskEntity } from '../persistence/task.entity.js';
import { groupBy } from '../shared/group-by.js';
import { toTask } from '../tasks/task.mapper.js';

/** A batch with all its rows. */
export interface BatchRows {
  readonly batch: BatchEntity;
  readonly tasks: readonly TaskEntity[];
  readonly attempts: readonly AttemptEntity[];
}

/** @param view BASIC leaves out the tasks */
export function toBatch({ batch, tasks, attempts }: BatchRows, view: 'BASIC' | 'FULL'): Batch {
  const byTask = groupBy(attempts, (attempt) => attempt.taskId);
  const ofTask = (task: TaskEntity): readonly AttemptEntity[] => byTask.get(task.id) ?? [];
  const states: RollupState[] = tasks.map((task) => taskState(ofTask(task).map((attempt) => attempt.state)));
  const counts: Record<string, number> = {};
  for (const attempt of attempts) counts[attempt.state] = (counts[attempt.state] ?? 0) + 1;
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
    state: Batch_State[batchState(states)],
    attemptCounts: counts,
    tasks: view === 'FULL' ? tasks.map((task) => toTask(task, batch, ofTask(task), 'BASIC')) : [],
    createTime: batch.createTime,
    endTime: batch.endTime ?? undefined,
    revision: batch.revision,
  });
}

export function batchJson(batch: Batch): unknown {
  return toCanonicalJson('heddle.v1.Batch', Batch, batch);
}
