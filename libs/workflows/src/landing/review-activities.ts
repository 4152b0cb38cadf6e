import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { LandingActivities } from '@heddle/contracts/workflows';

/** Rows of review, short. */
export const rows = proxyLocalActivities<
  Pick<LandingActivities, 'raiseLandingFence' | 'stillWanted' | 'ejectLanding' | 'requeueLandings' | 'stopQueue'>
>({
  startToCloseTimeout: '5s',
  localRetryThreshold: '5s',
  retry: { initialInterval: '100ms', maximumInterval: '30s' },
});

/** What talks to a remote: it may be slow, and it may be away for as long as it likes. A review that died is not waited for. */
export const branch = proxyActivities<Pick<LandingActivities, 'planLanding' | 'planProbes' | 'land'>>({
  startToCloseTimeout: '15m',
  heartbeatTimeout: '10s',
  retry: { initialInterval: '500ms', maximumInterval: '30s' },
});
