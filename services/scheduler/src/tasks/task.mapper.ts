import { Task, Task_Mode, Task_State } from '@heddle/contracts';
import { toCanonicalJson } from '@heddle/contracts/json';
import { taskState } from '@heddle/domain';
import { toAttempt } from '../attempts/attempt.mapper.js';
import { toBudget } from '../budgets/budget-facts.js';
import type { AttemptEntity } from '../persistence/attempt.entity.js';
import type { BatchEntity } from '../persistence/batch.entity.js';
import type { TaskEntity, TaskSummary } from '../persistence/task.entity.js';

/** @param prompts absent where the task is shown with others */
export function toTask(
  row: TaskSummary,
  batch: BatchEntity,
  attempts: readonly AttemptEntity[],
  prompts?: Pick<TaskEntity, 'prompt' | 'variantPrompts'>,
): Task {
  const sorted = [...attempts].sort((a, b) => a.attemptNumber - b.attemptNumber);
  return Task.fromPartial({
    id: row.id,
    batchId: row.batchId,
    repositoryId: row.repositoryId,
    title: row.title,
    prompt: prompts?.prompt ?? '',
    mode: Task_Mode[row.mode],
    baseCommit: batch.baseCommit,
    agent: row.variants.length === 0 ? row.agent : undefined,
    checks: row.checks,
    acceptance: row.acceptance,
    declaredPaths: row.declaredPaths,
    state: Task_State[taskState(sorted.map((attempt) => attempt.state))],
    statusDetail: sorted.length === 1 ? sorted[0]?.statusDetail : '',
    attempts: sorted.map((attempt) => toAttempt(attempt, batch)),
    createTime: row.createTime,
    endTime: row.endTime ?? undefined,
    revision: row.revision,
    budget: toBudget(row.budget),
    variants: row.variants.map((variant, index) => ({ ...variant, prompt: prompts?.variantPrompts[index] ?? '' })),
    earlyStop: row.earlyStop,
  });
}

export function taskJson(task: Task): unknown {
  return toCanonicalJson('heddle.v1.Task', Task, task);
}
