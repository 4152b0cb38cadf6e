import { proxyLocalActivities } from '@temporalio/workflow';
import type { JobActivities } from '@heddle/contracts/workflows';
import { ROWS } from '../runner/rows-options.js';

/** Rows of the scheduler. */
export const rows = proxyLocalActivities<JobActivities>(ROWS);
