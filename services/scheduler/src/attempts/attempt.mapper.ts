import {
  Attempt,
  Attempt_State,
  Change_ReviewState,
  Landing_State,
  StateInfo_Cause,
  type AgentSpec,
  type Sandbox,
  type SandboxUsage,
} from '@heddle/contracts';
import { toCanonicalJson } from '@heddle/contracts/json';
import { traceIdOf } from '@heddle/platform/context';
import type { AttemptEntity } from '../persistence/attempt.entity.js';
import { toDuration } from '@heddle/platform/waiting';
import { toBudget } from '../budgets/budget-facts.js';
import { toCountedUsage } from '../budgets/counted-models.js';
import type { SandboxFacts, UsageFacts } from './attempt-facts.js';
import { causeOf, explain } from './status-details.js';

/** What an attempt shows that is its task's or batch's. */
export interface AttemptSurroundings {
  /** Absent within the task, which shows its own: 16 attempts would repeat a long command 16 times. */
  readonly agent?: AgentSpec | undefined;
  readonly environmentVersion: number;
  readonly traceparent: string;
}

export function toAttempt(row: AttemptEntity, around: AttemptSurroundings): Attempt {
  return Attempt.fromPartial({
    id: row.id,
    taskId: row.taskId,
    batchId: row.batchId,
    repositoryId: row.repositoryId,
    attemptNumber: row.attemptNumber,
    state: Attempt_State[row.state],
    statusDetail: detailOf(row),
    stateInfo: stateInfo(row),
    reviewState: Change_ReviewState[row.reviewState],
    landingState: Landing_State[row.landingState],
    revertedByLandingId: row.revertedByLandingId ?? undefined,
    runnerId: row.runnerId ?? undefined,
    restartCount: row.restartCount,
    exitCode: row.exitCode ?? undefined,
    createTime: row.createTime,
    startTime: row.startTime ?? undefined,
    endTime: row.endTime ?? undefined,
    changeId: row.changeId ?? undefined,
    traceId: traceIdOf(around.traceparent),
    agent: around.agent ?? row.agent ?? undefined,
    environmentVersion: around.environmentVersion,
    sandbox: row.sandbox === null ? undefined : toSandbox(row.sandbox, row.keepUntilTime),
    revision: row.revision,
    budget: toBudget(row.budget),
    usage: row.usage === null ? undefined : usage(row.usage),
    pauseTime: row.pauseTime ?? undefined,
    answer: row.agentReport?.answer ?? '',
    modelUsage: toCountedUsage(row.countedModels),
    variant: row.variant,
    turn: row.turn,
    activitySummary: row.state === 'RUNNING' ? row.activitySummary : '',
  });
}

export function toSandbox(facts: SandboxFacts, keepUntilTime: Date | null): Sandbox {
  return {
    driver: facts.driver,
    boundary: facts.boundary,
    missing: [...facts.missing],
    fileSystem: facts.fileSystem,
    provisionDuration: toDuration(facts.durationMs),
    setupCache: facts.setupCache ?? '',
    setupCacheReason: facts.setupCacheReason ?? '',
    keepUntilTime: keepUntilTime ?? undefined,
  };
}

function usage(facts: UsageFacts): SandboxUsage {
  return {
    peakMemoryBytes: String(facts.peakMemoryBytes ?? 0),
    peakProcesses: facts.peakProcesses ?? 0,
    cpuDuration: facts.cpuMs === undefined ? undefined : toDuration(facts.cpuMs),
    peakDiskBytes: String(facts.peakDiskBytes ?? 0),
    peakDiskInodes: String(facts.peakDiskInodes ?? 0),
    outputBytes: String(facts.outputBytes ?? 0),
    wallDuration: facts.wallMs === undefined ? undefined : toDuration(facts.wallMs),
    sampleTime: facts.sampledAt === undefined ? undefined : new Date(facts.sampledAt),
  };
}

export function attemptJson(attempt: Attempt): unknown {
  return toCanonicalJson('heddle.v1.Attempt', Attempt, attempt);
}

/** A pause is beside the state, whatever the workflow wrote last. */
function detailOf(row: AttemptEntity): string {
  return row.pauseTime === null ? row.statusDetail : 'PAUSED';
}

function stateInfo(row: AttemptEntity): Attempt['stateInfo'] {
  const detail = detailOf(row);
  if (detail === '' && row.statusMessage === '') return undefined;
  return {
    message: (row.pauseTime === null ? row.statusMessage : '') || explain(detail),
    cause: StateInfo_Cause[causeOf(detail)],
    sinceTime: row.pauseTime ?? row.stateSince,
    retryTime: row.retryTime ?? undefined,
    queuePosition: undefined,
    subjects: [],
    actions: actionsOf(row),
  };
}

function actionsOf({ endTime, pauseWanted, state, stopRequested }: AttemptEntity): string[] {
  if (endTime !== null) return [];
  if (state === 'WAITING_FOR_USER' && stopRequested === null) return ['ApprovePlan', 'CancelAttempt'];
  return pauseWanted ? ['ResumeAttempt', 'CancelAttempt'] : ['CancelAttempt'];
}
