import { proxyLocalActivities } from '@temporalio/workflow';
import type { AttemptActivities } from '@heddle/contracts/workflows';
import { ROWS } from '../runner/rows-options.js';

/** Rows of the scheduler. */
export const rows = proxyLocalActivities<AttemptActivities>(ROWS);
