import { ActivityCancellationType, isCancellation, proxyActivities } from '@temporalio/workflow';
import {
  TASK_QUEUES,
  type PoolActivities,
  type ReleaseResult,
  type RunnerActivities,
  type SandboxOwnerRef,
} from '@heddle/contracts/workflows';

export interface ClaimPriority {
  /** From 1, the first. */
  readonly priorityKey: number;
  /** At most 64 bytes. */
  readonly fairnessKey: string;
  readonly fairnessWeight?: number;
}

/** A claim waits in the pool's queue for as long as no runner has room. */
export function poolOf(pool: string, priority: ClaimPriority): PoolActivities {
  return proxyActivities<PoolActivities>({
    taskQueue: TASK_QUEUES.pool(pool),
    startToCloseTimeout: '30s',
    retry: { maximumAttempts: 1 },
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    priority: { ...priority, fairnessKey: priority.fairnessKey.slice(0, 64) },
  });
}

export interface PhaseLimits {
  /** A phase that is silent for longer has lost its runner process. */
  readonly heartbeatTimeoutMs: number;
  /** What a turn, or all checks together, may take. */
  readonly workMs: number;
  /** What the environment's set-up may take. */
  readonly setupMs?: number | undefined;
}

const SHORT_PHASE_MS = 10 * 60_000;
/** A set-up may have to be waited for and then run, and the maintenance after it. */
const SETUPS_IN_A_ROW = 3;
const DEFAULT_SETUP_MS = 30 * 60_000;
/** Backstops above the workflow's own timers, for a phase that never comes back. */
const BACKSTOP_MARGIN_MS = 10 * 60_000;

/** The phases on the queue of the runner that holds the slot. */
export function phasesOn(
  runnerId: string,
  { heartbeatTimeoutMs, workMs, setupMs = DEFAULT_SETUP_MS }: PhaseLimits,
): RunnerActivities {
  const lasting = (startToCloseTimeout: number): RunnerActivities =>
    proxyActivities<RunnerActivities>({
      taskQueue: TASK_QUEUES.runner(runnerId),
      // Longer than a runner's restart: a runner that comes back within it was never lost.
      scheduleToStartTimeout: '60s',
      startToCloseTimeout,
      heartbeatTimeout: heartbeatTimeoutMs,
      retry: { maximumAttempts: 10, initialInterval: '1s', maximumInterval: '10s' },
      cancellationType: ActivityCancellationType.ABANDON,
    });
  const short = lasting(SHORT_PHASE_MS);
  const settingUpMs = SETUPS_IN_A_ROW * setupMs + BACKSTOP_MARGIN_MS;
  const settingUp = lasting(settingUpMs);
  const long = lasting(workMs + BACKSTOP_MARGIN_MS);
  const checking = lasting(workMs + settingUpMs);
  return {
    provision: (input) => settingUp.provision(input),
    trySetup: (input) => settingUp.trySetup(input),
    capture: (input) => short.capture(input),
    stop: (input) => short.stop(input),
    pause: (input) => short.pause(input),
    resume: (input) => short.resume(input),
    release: (input) => short.release(input),
    runTurn: (input) => long.runTurn(input),
    runChecks: (input) => checking.runChecks(input),
  };
}

/** A runner that does not hear of it asks by itself whether its sandbox is still wanted; no reason to fail. */
export async function release(phases: RunnerActivities, owner: SandboxOwnerRef): Promise<ReleaseResult | undefined> {
  try {
    return await phases.release({ owner });
  } catch (error) {
    if (isCancellation(error)) throw error;
    return undefined;
  }
}
