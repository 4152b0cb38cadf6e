/** Run states of an attempt (architecture: words). Review and landing states are kept apart. */
export const ATTEMPT_STATES = [
  'QUEUED',
  'PROVISIONING',
  'RUNNING',
  'CHECKING',
  'WAITING_FOR_USER',
  'COMPLETED',
  'FAILED',
  'TIMED_OUT',
  'CANCELLED',
] as const;
export type AttemptState = (typeof ATTEMPT_STATES)[number];

export const ATTEMPT_END_STATES: readonly AttemptState[] = ['COMPLETED', 'FAILED', 'TIMED_OUT', 'CANCELLED'];

export function isEndState(state: AttemptState): boolean {
  return ATTEMPT_END_STATES.includes(state);
}

/**
 * Which state may follow which. QUEUED after PROVISIONING or RUNNING is a lost runner, or a message that waited for the
 * turn's end; QUEUED after an end state is a next turn.
 */
const NEXT: Readonly<Record<AttemptState, readonly AttemptState[]>> = {
  QUEUED: ['PROVISIONING', 'CANCELLED', 'FAILED', 'TIMED_OUT'],
  PROVISIONING: ['RUNNING', 'QUEUED', 'CANCELLED', 'FAILED', 'TIMED_OUT'],
  RUNNING: ['CHECKING', 'COMPLETED', 'WAITING_FOR_USER', 'QUEUED', 'CANCELLED', 'FAILED', 'TIMED_OUT'],
  CHECKING: ['COMPLETED', 'FAILED', 'QUEUED', 'CANCELLED', 'TIMED_OUT'],
  WAITING_FOR_USER: ['RUNNING', 'QUEUED', 'CANCELLED', 'FAILED', 'TIMED_OUT'],
  COMPLETED: ['QUEUED'],
  FAILED: ['QUEUED'],
  TIMED_OUT: ['QUEUED'],
  CANCELLED: ['QUEUED'],
};

export function canMove(from: AttemptState, to: AttemptState): boolean {
  return NEXT[from].includes(to);
}
