import { CheckResult } from '@heddle/contracts';
import { toCanonicalJson } from '@heddle/contracts/json';
import type { AttemptStep, CheckOutcome, StoredStep } from '@heddle/contracts/workflows';
import { isEndState } from '@heddle/domain';
import { appendEvents } from '@heddle/platform/outbox';
import type { DataSource, EntityManager } from 'typeorm';
import { readModelsOfAttempt } from '../budgets/counted-models.js';
import { recordRuns, type RunTold } from '../budgets/record-runs.js';
import { type AttemptEntity } from '../persistence/attempt.entity.js';
import { toCheckResult } from '../shared/check-result.js';
import { nextTurn } from '../turns/next-turn.js';
import { recordTurn } from '../turns/record-turn.js';
import { attemptEvent, changeAttempt, lockAttempt } from './attempt-rows.js';
import { lockRivals, stopRivals } from './early-stop.js';
import { endParents } from './end-parents.js';
import { insertPlan } from './plan-rows.js';
import { mergeUsage } from './usage-facts.js';

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
    const rivals = step.state === 'COMPLETED' ? await lockRivals(manager, step.attemptId) : undefined;
    const locked = await lockAttempt(manager, step.attemptId);
    if (locked === undefined) throw new Error(`Attempt ${step.attemptId} has no row`);
    const { attempt } = locked;
    if (attempt.transition !== step.transition - 1) return { stored: storedStep(attempt), moved: [] };
    // Whether the conversation was a new one decides what its runs are counted as.
    await recordTurn(manager, attempt, step);
    await recordRuns(manager, runsOf(attempt, step));
    if (step.turn !== undefined) attempt.countedModels = await readModelsOfAttempt(manager, attempt.id);
    // Before the row goes on to a next turn.
    if (step.checks !== undefined && step.checks.length > 0) await storeChecks(manager, attempt, step.checks);
    const next = await nextTurn(manager, attempt, step);
    await changeAttempt(manager, attempt, {
      ...changesOf(attempt, step),
      ...(next === undefined ? {} : beginning(next, attempt)),
    });
    // One that goes on has not won yet.
    if (rivals !== undefined && next === undefined) await stopRivals(manager, rivals, step);
    if (attempt.state === 'WAITING_FOR_USER')
      await insertPlan(manager, attempt.id, attempt.turn, step.turn?.report?.answer ?? '');
    const ended = isEndState(attempt.state) ? await endParents(manager, attempt) : [];
    await appendEvents(manager, [attemptEvent(locked, `attempt.${attempt.state.toLowerCase()}`), ...ended]);
    return { stored: storedStep(attempt), moved: [attempt.id, ...ended.map((event) => event.id)] };
  });
}

function storedStep(attempt: AttemptEntity): StoredStep {
  return { state: attempt.state, statusDetail: attempt.statusDetail };
}

/** The end of one turn is the beginning of the next: nobody is told that the attempt had ended. */
function beginning(turn: number, { pauseWanted, admitTime }: AttemptEntity): Partial<AttemptEntity> {
  return {
    turn,
    state: 'QUEUED',
    statusDetail: '',
    statusMessage: '',
    endTime: null,
    interruptTurn: null,
    restartCount: 0,
    pauseWanted,
    // Its workflow goes on at once: nobody lets it begin anew.
    admitTime,
  };
}

function changesOf(attempt: AttemptEntity, step: AttemptStep): Partial<AttemptEntity> {
  const now = new Date();
  const changes: Partial<AttemptEntity> = {
    transition: step.transition,
    state: step.state,
    statusDetail: step.statusDetail,
    statusMessage: step.message ?? failureOf(attempt, step),
    stateSince: now,
    activitySummary: '',
    retryTime: null,
  };
  if (step.restartCount !== undefined) changes.restartCount = step.restartCount;
  if (step.runnerId !== undefined) changes.runnerId = step.runnerId;
  if (step.sandbox !== undefined) changes.sandbox = step.sandbox;
  if (step.turn?.exitCode !== undefined) changes.exitCode = step.turn.exitCode;
  if (step.turn?.startedAt !== undefined && attempt.turn === 1) changes.startTime = new Date(step.turn.startedAt);
  else if (step.state === 'RUNNING') changes.startTime = attempt.startTime ?? now;
  if (step.turn?.usage !== undefined) changes.usage = mergeUsage(attempt.usage, step.turn.usage);
  if (step.turn?.report !== undefined) changes.agentReport = step.turn.report;
  if (step.changeId !== undefined && step.changeId !== '') changes.changeId = step.changeId;
  // A fresh sandbox: what an earlier one was is over.
  if (step.state === 'RUNNING' && !attempt.pauseWanted) changes.pauseTime = null;
  // Nothing of it runs, and who knows for how long: others may have its place at the model.
  if (step.state === 'WAITING_FOR_USER')
    Object.assign(changes, { pauseWanted: false, pauseTime: null, admitTime: null });
  if (isEndState(step.state)) Object.assign(changes, { endTime: now, pauseWanted: false, pauseTime: null });
  return changes;
}

/** The last word of what the turn used: the sandbox's time, and the tokens of its last run. */
function runsOf({ id: attemptId, fence, turn }: AttemptEntity, { turn: result }: AttemptStep): RunTold[] {
  if (result === undefined) return [];
  const { report, usage } = result;
  const sandbox: RunTold = { attemptId, fence, run: '', turn, models: [], wallMs: usage?.wallMs ?? 0 };
  if (report?.usage === undefined) return [sandbox];
  const { usageByModel: models = [report.usage], run = `turn-${String(turn)}` } = report;
  return [sandbox, { attemptId, fence, run, turn, models, wallMs: 0 }];
}

/** The agent's own words for a failure that it told, or those of the stop. */
function failureOf({ stopRequested, stopMessage }: AttemptEntity, { state, statusDetail, turn }: AttemptStep): string {
  if (statusDetail === stopRequested) return stopMessage;
  const failure = turn?.report?.failure;
  return state === 'FAILED' && failure?.reason === statusDetail ? failure.message : '';
}

async function storeChecks(
  manager: EntityManager,
  attempt: AttemptEntity,
  checks: readonly CheckOutcome[],
): Promise<void> {
  await manager.query('DELETE FROM check_results WHERE attempt_id = $1 AND turn = $2', [attempt.id, attempt.turn]);
  await manager.query(
    `INSERT INTO check_results (attempt_id, turn, position, result)
     SELECT $1, $2, r.position - 1, r.result FROM unnest($3::jsonb[]) WITH ORDINALITY AS r(result, position)`,
    [attempt.id, attempt.turn, checks.map((outcome) => JSON.stringify(checkJson(outcome)))],
  );
}

function checkJson(outcome: CheckOutcome): unknown {
  return toCanonicalJson('heddle.v1.CheckResult', CheckResult, toCheckResult(outcome));
}
