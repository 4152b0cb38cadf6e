import { CheckResult, CheckResult_State } from '@heddle/contracts';
import { toCanonicalJson } from '@heddle/contracts/json';
import type { AttemptStep, CheckOutcome, StoredStep } from '@heddle/contracts/workflows';
import { isEndState, type AttemptState } from '@heddle/domain';
import { appendEvent } from '@heddle/platform/outbox';
import type { DataSource, EntityManager } from 'typeorm';
import { readBatch } from '../batches/batch-rows.js';
import { batchJson, toBatch } from '../batches/batch.mapper.js';
import { AttemptEntity } from '../persistence/attempt.entity.js';
import { BatchEntity } from '../persistence/batch.entity.js';
import { TaskEntity } from '../persistence/task.entity.js';
import { toDuration } from '@heddle/platform/waiting';
import { taskJson, toTask } from '../tasks/task.mapper.js';
import { attemptJson, toAttempt } from './attempt.mapper.js';

export interface RecordedStep {
  readonly stored: StoredStep;
  /** Ids of the resources that moved. */
  readonly moved: readonly string[];
}

/**
 * Writes a step of the attempt once: the first writer of a transition wins, everyone else gets what is stored.
 * Row, check results and events are one transaction.
 */
export async function recordStep(dataSource: DataSource, step: AttemptStep): Promise<RecordedStep> {
  return dataSource.transaction(async (manager) => {
    const attempt = await manager.findOneOrFail(AttemptEntity, {
      where: { id: step.attemptId },
      lock: { mode: 'pessimistic_write' },
    });
    if (attempt.transition !== step.transition - 1) return { stored: storedStep(attempt), moved: [] };
    apply(attempt, step);
    await manager.save(AttemptEntity, attempt, { reload: false });
    if (step.checks !== undefined && step.checks.length > 0) await storeChecks(manager, attempt, step.checks);
    const task = await manager.findOneByOrFail(TaskEntity, { id: attempt.taskId });
    const batch = await manager.findOneByOrFail(BatchEntity, { id: attempt.batchId });
    await appendAttemptEvent(manager, attempt, task, batch, `attempt.${attempt.state.toLowerCase()}`);
    const moved = [attempt.id, attempt.taskId, attempt.batchId];
    if (isEndState(attempt.state)) await endParents(manager, attempt);
    return { stored: storedStep(attempt), moved };
  });
}

export async function appendAttemptEvent(
  manager: EntityManager,
  attempt: AttemptEntity,
  task: TaskEntity,
  batch: BatchEntity,
  type: string,
): Promise<void> {
  const around = { agent: task.agent, environmentVersion: batch.environmentVersion, traceparent: batch.traceparent };
  await appendEvent(manager, {
    aggregate: 'attempt',
    id: attempt.id,
    version: attempt.revision,
    type,
    data: attemptJson(toAttempt(attempt, around)),
    traceparent: batch.traceparent,
  });
}

function storedStep(attempt: AttemptEntity): StoredStep {
  return { state: attempt.state as Exclude<AttemptState, 'WAITING_FOR_USER'>, statusDetail: attempt.statusDetail };
}

function apply(attempt: AttemptEntity, step: AttemptStep): void {
  const now = new Date();
  attempt.transition = step.transition;
  attempt.state = step.state;
  attempt.statusDetail = step.statusDetail;
  attempt.statusMessage = step.message ?? '';
  attempt.stateSince = now;
  attempt.revision = String(BigInt(attempt.revision) + 1n);
  if (step.restartCount !== undefined) attempt.restartCount = step.restartCount;
  if (step.runnerId !== undefined) attempt.runnerId = step.runnerId;
  if (step.sandbox !== undefined) attempt.sandbox = step.sandbox;
  if (step.turn?.exitCode !== undefined) attempt.exitCode = step.turn.exitCode;
  if (step.turn?.startedAt !== undefined) attempt.startTime = new Date(step.turn.startedAt);
  if (step.state === 'RUNNING') attempt.startTime ??= now;
  if (step.changeId !== undefined && step.changeId !== '') attempt.changeId = step.changeId;
  if (isEndState(step.state)) attempt.endTime = now;
}

async function storeChecks(
  manager: EntityManager,
  attempt: AttemptEntity,
  checks: readonly CheckOutcome[],
): Promise<void> {
  await manager.query('DELETE FROM check_results WHERE attempt_id = $1 AND turn = $2', [attempt.id, attempt.turn]);
  for (const [position, outcome] of checks.entries()) {
    const result = toCanonicalJson('heddle.v1.CheckResult', CheckResult, toCheckResult(outcome));
    await manager.query('INSERT INTO check_results (attempt_id, turn, position, result) VALUES ($1, $2, $3, $4)', [
      attempt.id,
      attempt.turn,
      position,
      JSON.stringify(result),
    ]);
  }
}

function toCheckResult(outcome: CheckOutcome): CheckResult {
  const { durationMs, state, ...same } = outcome;
  return CheckResult.fromPartial({
    ...same,
    state: CheckResult_State[state],
    duration: toDuration(durationMs),
  });
}

/** The last attempt to end also ends its task, and the last task its batch: decided under the parent's lock. */
async function endParents(manager: EntityManager, attempt: AttemptEntity): Promise<void> {
  const task = await manager.findOneOrFail(TaskEntity, {
    where: { id: attempt.taskId },
    lock: { mode: 'pessimistic_write' },
  });
  if (!(await hasEnded(manager, 'task_id', task.id))) return;
  task.endTime = attempt.endTime;
  task.revision = String(BigInt(task.revision) + 1n);
  await manager.save(TaskEntity, task, { reload: false });
  const batch = await manager.findOneOrFail(BatchEntity, {
    where: { id: attempt.batchId },
    lock: { mode: 'pessimistic_write' },
  });
  const siblings = await manager.findBy(AttemptEntity, { taskId: task.id });
  const taskMessage = toTask(task, batch, siblings, 'BASIC');
  await appendEvent(manager, {
    aggregate: 'task',
    id: task.id,
    version: task.revision,
    type: `task.${taskMessage.state.toLowerCase()}`,
    data: taskJson(taskMessage),
    traceparent: batch.traceparent,
  });
  if (!(await hasEnded(manager, 'batch_id', batch.id))) return;
  batch.endTime = attempt.endTime;
  batch.revision = String(BigInt(batch.revision) + 1n);
  await manager.save(BatchEntity, batch, { reload: false });
  const batchMessage = toBatch(await readBatch(manager, batch.id), 'BASIC');
  await appendEvent(manager, {
    aggregate: 'batch',
    id: batch.id,
    version: batch.revision,
    type: `batch.${batchMessage.state.toLowerCase()}`,
    data: batchJson(batchMessage),
    traceparent: batch.traceparent,
  });
}

async function hasEnded(manager: EntityManager, column: 'task_id' | 'batch_id', id: string): Promise<boolean> {
  const live: unknown[] = await manager.query(
    `SELECT 1 FROM attempts WHERE ${column} = $1 AND state NOT IN ('COMPLETED', 'FAILED', 'TIMED_OUT', 'CANCELLED') LIMIT 1`,
    [id],
  );
  return live.length === 0;
}
