import { ActivityCancellationType, proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import {
  TASK_QUEUES,
  temporalPriority,
  type LandingActivities,
  type PoolActivities,
  type RunnerActivities,
} from '@heddle/contracts/workflows';

/** Rows of review, short. */
export const rows = proxyLocalActivities<
  Pick<LandingActivities, 'raiseLandingFence' | 'stillWanted' | 'ejectLanding' | 'requeueLandings'>
>({
  startToCloseTimeout: '5s',
  localRetryThreshold: '5s',
  retry: { initialInterval: '100ms', maximumInterval: '30s' },
});

/** What talks to a remote: it may be slow, and it may be away for as long as it likes. A review that died is not waited for. */
export const branch = proxyActivities<Pick<LandingActivities, 'planLanding' | 'land'>>({
  startToCloseTimeout: '15m',
  heartbeatTimeout: '10s',
  retry: { initialInterval: '500ms', maximumInterval: '30s' },
});

/** Checks of a landing hold up the whole queue behind it: they go before agents of any priority but re-claims. */
const LANDING_PRIORITY = temporalPriority(1);

export function poolOf(pool: string, fairnessKey: string): PoolActivities {
  return proxyActivities<PoolActivities>({
    taskQueue: TASK_QUEUES.pool(pool),
    startToCloseTimeout: '30s',
    retry: { maximumAttempts: 1 },
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    priority: { priorityKey: LANDING_PRIORITY, fairnessKey: fairnessKey.slice(0, 64) },
  });
}

const BACKSTOP_MARGIN_MS = 10 * 60_000;

export function phasesOn(runnerId: string, checksTimeoutMs: number): RunnerActivities {
  return proxyActivities<RunnerActivities>({
    taskQueue: TASK_QUEUES.runner(runnerId),
    scheduleToStartTimeout: '60s',
    startToCloseTimeout: checksTimeoutMs + BACKSTOP_MARGIN_MS,
    heartbeatTimeout: '45s',
    retry: { maximumAttempts: 10, initialInterval: '1s', maximumInterval: '10s' },
    cancellationType: ActivityCancellationType.ABANDON,
  });
}
