export const JOB_STATES = ['QUEUED', 'RUNNING', 'WAITING_FOR_USER', 'SUCCEEDED', 'FAILED', 'CANCELLED'] as const;
export type JobState = (typeof JOB_STATES)[number];

export const JOB_END_STATES = ['SUCCEEDED', 'FAILED', 'CANCELLED'] as const satisfies readonly JobState[];

/** RUNNING → QUEUED is a lost runner: the job is claimed again. */
const NEXT: Readonly<Record<JobState, readonly JobState[]>> = {
  QUEUED: ['QUEUED', 'RUNNING', 'FAILED', 'CANCELLED'],
  RUNNING: ['RUNNING', 'QUEUED', 'WAITING_FOR_USER', 'SUCCEEDED', 'FAILED', 'CANCELLED'],
  WAITING_FOR_USER: ['RUNNING', 'QUEUED', 'FAILED', 'CANCELLED'],
  SUCCEEDED: [],
  FAILED: [],
  CANCELLED: [],
};

export function canJobMove(from: JobState, to: JobState): boolean {
  return NEXT[from].includes(to);
}

export function isJobEnded(state: JobState): boolean {
  return (JOB_END_STATES as readonly JobState[]).includes(state);
}
