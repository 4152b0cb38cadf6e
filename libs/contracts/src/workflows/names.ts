/** Names in Temporal. A name is part of stored histories: never change one, add a new one. */
export const WORKFLOW_TYPES = { attempt: 'attempt', landing: 'landing', job: 'job', trial: 'trial' } as const;

export const TASK_QUEUES = {
  scheduler: 'scheduler',
  review: 'review',
  /** All runners of a pool poll it, while their host has room. */
  pool: (pool: string): string => `runners.${pool}`,
  /** The phases of the sandboxes that this runner holds. */
  runner: (runnerId: string): string => `runner.${runnerId}`,
} as const;

export const WORKFLOW_IDS = {
  attempt: (attemptId: string): string => `attempt/${attemptId}`,
  job: (jobId: string): string => `job/${jobId}`,
  trial: (trialId: string): string => `trial/${trialId}`,
  landing: (repositoryId: string, branch: string): string => `landing/${repositoryId}/${branch}`,
} as const;

/** The one signal: it carries no fact, it means "look at your row". */
export const LOOK_SIGNAL = 'look';

/** Users have 1 to 5 (1 first); Temporal's level 1 is for claims after a lost runner. */
export const RECLAIM_PRIORITY = 1;
export function temporalPriority(userPriority: number): number {
  return userPriority + 1;
}
