import { isEndState, isJobEnded as isEnded, isLandingSettled } from '@heddle/domain';
import type { Attempt, Batch, Job, Landing, Reconciliation, Task } from '../models.js';

/** A word that this version does not know counts as "not yet", unless the server says when it ended. */
export function isAttemptEnded(attempt: Pick<Attempt, 'state' | 'endTime'>): boolean {
  if (attempt.endTime !== undefined) return true;
  return attempt.state !== 'STATE_UNSPECIFIED' && isEndState(attempt.state);
}

export function isTaskEnded(task: Pick<Task, 'state' | 'endTime'>): boolean {
  if (task.endTime !== undefined) return true;
  return ['COMPLETED', 'FAILED', 'TIMED_OUT', 'CANCELLED'].includes(task.state);
}

export function isBatchEnded(batch: Pick<Batch, 'state' | 'endTime'>): boolean {
  return batch.endTime !== undefined || batch.state === 'COMPLETED' || batch.state === 'CANCELLED';
}

export function isJobEnded(job: Pick<Job, 'state' | 'endTime'>): boolean {
  if (job.endTime !== undefined) return true;
  return job.state !== 'STATE_UNSPECIFIED' && isEnded(job.state);
}

/** Landed, or waiting for somebody (a conflict), or out of the queue. */
export function isLandingDone(landing: Pick<Landing, 'state'>): boolean {
  return landing.state !== 'STATE_UNSPECIFIED' && isLandingSettled(landing.state);
}

/** Ended, or waiting for somebody. */
export function isReconciliationSettled({ state, endTime }: Pick<Reconciliation, 'state' | 'endTime'>): boolean {
  return endTime !== undefined || state === 'WAITING_FOR_USER' || isJobEnded({ state });
}
