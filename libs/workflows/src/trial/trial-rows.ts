import { proxyLocalActivities } from '@temporalio/workflow';
import type { TrialActivities } from '@heddle/contracts/workflows';
import { ROWS } from '../runner/rows-options.js';

/** Rows of review. */
export const rows = proxyLocalActivities<TrialActivities>(ROWS);
