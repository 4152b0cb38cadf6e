import { proxyLocalActivities } from '@temporalio/workflow';
import type { AttemptActivities } from '@heddle/contracts/workflows';

/** Rows of the scheduler. A long outage of the database becomes timers on the server instead of a busy worker. */
export const rows = proxyLocalActivities<AttemptActivities>({
  startToCloseTimeout: '5s',
  localRetryThreshold: '5s',
  retry: { initialInterval: '100ms', maximumInterval: '30s' },
});
