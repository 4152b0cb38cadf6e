import { ActivityCancellationType, proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import {
  TASK_QUEUES,
  type AttemptActivities,
  type AttemptPlan,
  type PoolActivities,
  type RunnerActivities,
} from '@heddle/contracts/workflows';

/** Rows of the scheduler. A long outage of the database becomes timers on the server instead of a busy worker. */
export const rows = proxyLocalActivities<AttemptActivities>({
  startToCloseTimeout: '5s',
  localRetryThreshold: '5s',
  retry: { initialInterval: '100ms', maximumInterval: '30s' },
});

/** A claim waits in the pool's queue for as long as no runner has room. */
export function poolOf(plan: AttemptPlan, priority: number): PoolActivities {
  return proxyActivities<PoolActivities>({
    taskQueue: TASK_QUEUES.pool(plan.pool),
    startToCloseTimeout: '30s',
    retry: { maximumAttempts: 1 },
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    priority: { priorityKey: priority, fairnessKey: plan.fairnessKey, fairnessWeight: plan.fairnessWeight },
  });
}

const MINUTE_MS = 60_000;

/** Backstops above the workflow's own timers, for a phase that never comes back. */
const BACKSTOP_MARGIN_MS = 10 * MINUTE_MS;

export interface RunnerPhases extends Omit<RunnerActivities, 'runTurn' | 'runChecks'> {
  readonly runTurn: RunnerActivities['runTurn'];
  readonly runChecks: RunnerActivities['runChecks'];
}

/** The phases on the queue of the runner that holds the slot. */
export function phasesOn(runnerId: string, plan: AttemptPlan): RunnerPhases {
  const common = {
    taskQueue: TASK_QUEUES.runner(runnerId),
    // Longer than a runner's restart: a runner that comes back within it was never lost.
    scheduleToStartTimeout: '60s',
    retry: { maximumAttempts: 10, initialInterval: '1s', maximumInterval: '10s' },
    cancellationType: ActivityCancellationType.ABANDON,
  } as const;
  const short = proxyActivities<RunnerActivities>({
    ...common,
    startToCloseTimeout: '10m',
    heartbeatTimeout: plan.heartbeatTimeoutMs,
  });
  const long = proxyActivities<RunnerActivities>({
    ...common,
    startToCloseTimeout: plan.timeLimitMs + BACKSTOP_MARGIN_MS,
    heartbeatTimeout: plan.heartbeatTimeoutMs,
  });
  return {
    provision: (input) => short.provision(input),
    capture: (input) => short.capture(input),
    stop: (input) => short.stop(input),
    release: (input) => short.release(input),
    runTurn: (input) => long.runTurn(input),
    runChecks: (input) => long.runChecks(input),
  };
}
