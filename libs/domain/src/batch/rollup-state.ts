import { isEndState, type AttemptState } from '../attempt/attempt-state.js';

export const ROLLUP_STATES = [
  'QUEUED',
  'RUNNING',
  'WAITING_FOR_USER',
  'COMPLETED',
  'FAILED',
  'TIMED_OUT',
  'CANCELLED',
] as const;
/** State of a task or a batch, always computed from its parts and never stored on its own authority. */
export type RollupState = (typeof ROLLUP_STATES)[number];

/** A task is COMPLETED when one attempt is; otherwise it ends as its attempts did, the mildest failure first. */
export function taskState(attempts: readonly AttemptState[]): RollupState {
  if (attempts.includes('WAITING_FOR_USER')) return 'WAITING_FOR_USER';
  if (attempts.some((state) => !isEndState(state))) {
    return attempts.every((state) => state === 'QUEUED') ? 'QUEUED' : 'RUNNING';
  }
  if (attempts.includes('COMPLETED')) return 'COMPLETED';
  if (attempts.includes('FAILED')) return 'FAILED';
  if (attempts.includes('TIMED_OUT')) return 'TIMED_OUT';
  return 'CANCELLED';
}

export type BatchState = Exclude<RollupState, 'FAILED' | 'TIMED_OUT'>;

/** A batch is COMPLETED when all its tasks have ended and at least one not by cancel. */
export function batchState(tasks: readonly RollupState[]): BatchState {
  const open = tasks.filter((state) => state === 'QUEUED' || state === 'RUNNING' || state === 'WAITING_FOR_USER');
  if (open.length > 0) {
    if (tasks.every((state) => state === 'QUEUED')) return 'QUEUED';
    return open.every((state) => state === 'WAITING_FOR_USER') ? 'WAITING_FOR_USER' : 'RUNNING';
  }
  return tasks.every((state) => state === 'CANCELLED') ? 'CANCELLED' : 'COMPLETED';
}
