import type { LocalActivityOptions } from '@temporalio/workflow';

/** A long outage of the database becomes timers on the server instead of a busy worker. */
export const ROWS: LocalActivityOptions = {
  startToCloseTimeout: '5s',
  localRetryThreshold: '5s',
  retry: { initialInterval: '100ms', maximumInterval: '30s' },
};
