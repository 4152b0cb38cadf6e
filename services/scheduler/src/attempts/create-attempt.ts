import { Task_Mode, type AgentSpec, type Attempt, type CreateAttemptRequest } from '@heddle/contracts';
import { fieldInvalid, HeddleError } from '@heddle/domain';
import { requestContext } from '@heddle/platform/context';
import { requireId } from '@heddle/platform/ids';
import { appendEvents } from '@heddle/platform/outbox';
import type { EntityManager } from 'typeorm';
import { readBatch } from '../batches/batch-rows.js';
import { toFullBatch } from '../batches/batch.mapper.js';
import { agentFreezer } from '../batches/freeze-agent.js';
import { attemptRow, refuseTooLarge } from '../batches/insert-batch.js';
import { taskMode } from '../batches/task-mode.js';
import { MAX_ATTEMPTS } from '../batches/validate-batch.js';
import { toBudget } from '../budgets/budget-facts.js';
import { uncountable } from '../budgets/countable-budget.js';
import { refuseSpentBudgets } from '../budgets/spent-budgets.js';
import { withNamedCredential } from '../credentials/resolve-credential.js';
import { findEnvironment } from '../environments/environment-rows.js';
import { AttemptEntity } from '../persistence/attempt.entity.js';
import type { BatchEntity } from '../persistence/batch.entity.js';
import type { TaskSummary } from '../persistence/task.entity.js';
import { TurnEntity } from '../persistence/turn.entity.js';
import { agentViolations } from '../shared/recipe-violations.js';
import { newTurn } from '../turns/record-turn.js';
import { attemptEvent } from './attempt-rows.js';
import { toAttempt } from './attempt.mapper.js';
import { lockParents, reopenParents } from './reopen-parents.js';

/** Whatever can be said of the request without asking anybody. @throws HeddleError TASK_NOT_FOUND, FIELD_INVALID, NOT_AVAILABLE */
export function refuseInvalidAttempt({ taskId, agent }: CreateAttemptRequest): void {
  requireId(taskId, 'TASK_NOT_FOUND', 'task');
  const violations = agent === undefined ? [] : agentViolations(agent, 'agent');
  if (violations.length > 0) throw fieldInvalid(violations);
}

/**
 * One more attempt at a task, with its event, in the caller's transaction. The task and its batch go on where they had ended.
 * @throws HeddleError TASK_NOT_FOUND; ATTEMPT_LIMIT; BUDGET_EXHAUSTED; FIELD_INVALID for a variant that the task
 * does not have, and where the agent's credential is not there; REQUEST_TOO_LARGE for an agent with which the batch could not be answered
 */
export async function createAttempt(manager: EntityManager, request: CreateAttemptRequest): Promise<Attempt> {
  const parents = await lockParents(manager, request.taskId);
  if (parents === undefined)
    throw new HeddleError('TASK_NOT_FOUND', `There is no task ${request.taskId}`, {
      metadata: { id: request.taskId },
    });
  const { task, batch } = parents;
  const [numbers]: { count: number; last: number }[] = await manager.query(
    'SELECT count(*)::int AS count, max(attempt_number) AS last FROM attempts WHERE task_id = $1',
    [task.id],
  );
  const { count = 0, last = 0 } = numbers ?? {};
  if (count >= MAX_ATTEMPTS)
    throw new HeddleError('ATTEMPT_LIMIT', `The task has ${String(count)} attempts, as many as it may`, {
      metadata: { id: task.id, maximum: String(MAX_ATTEMPTS) },
    });
  await refuseSpentBudgets(manager, { taskId: task.id, batchId: batch.id });
  const agent = await agentOf(manager, task, batch, request);
  const violations = await Promise.all(
    [task.budget, batch.budget].map((budget) => uncountable(manager, toBudget(budget), [agent ?? task.agent], 'agent')),
  );
  if (violations.flat().length > 0) throw fieldInvalid(violations.flat());
  const maker = { attemptNumber: last + 1, variant: request.variant, agent };
  const attempt = attemptRow(manager, task, maker, new Date());
  await manager.insert(AttemptEntity, attempt);
  const principal = requestContext.get()?.principal ?? '';
  await manager.insert(TurnEntity, newTurn(manager, attempt.id, 1, { principal }));
  if (agent !== null) refuseTooLarge(toFullBatch(await readBatch(manager, batch.id)));
  const around = {
    agent: agent ?? task.agent,
    environmentVersion: batch.environmentVersion,
    traceparent: batch.traceparent,
  };
  const parentEvents = await reopenParents(manager, parents);
  await appendEvents(manager, [...parentEvents, attemptEvent({ attempt, around }, 'attempt.queued')]);
  return toAttempt(attempt, around);
}

/** Null: the task's. */
async function agentOf(
  manager: EntityManager,
  task: TaskSummary,
  { environmentId, environmentVersion }: BatchEntity,
  { variant: name, agent: other }: CreateAttemptRequest,
): Promise<AgentSpec | null> {
  const variant = task.variants.find((each) => each.name === name);
  if (name !== '' && variant === undefined) throw noVariant(task, `is none of the task's`);
  if (other !== undefined) {
    // Of the task's own agents it was known when the task was made.
    taskMode(Task_Mode[task.mode], [other.kind], 'agent');
    const { version } = await findEnvironment(manager, environmentId, environmentVersion);
    return (await agentFreezer(manager, version))(other, 'agent');
  }
  if (variant === undefined && task.variants.length > 0) throw noVariant(task, 'is required, or agent');
  // It was found when the task was made, and may have been deleted since.
  const agent = await withNamedCredential(manager, variant?.agent ?? task.agent, 'agent');
  return variant === undefined ? null : agent;
}

function noVariant({ variants }: TaskSummary, fault: string): HeddleError {
  const names = variants.map(({ name }) => name).join(', ');
  return fieldInvalid([
    { field: 'variant', description: names === '' ? `${fault}: it has none` : `${fault}: it has ${names}` },
  ]);
}
