export const TRIAL_STATES = ['QUEUED', 'RUNNING', 'RAN', 'ERRORED', 'CANCELLED'] as const;

/** RAN: its checks have outcomes, whatever they are; ERRORED: the platform could not run them. */
export type TrialState = (typeof TRIAL_STATES)[number];

export const TRIAL_END_STATES = ['RAN', 'ERRORED', 'CANCELLED'] as const satisfies readonly TrialState[];

export function isTrialEnded(state: TrialState): boolean {
  return (TRIAL_END_STATES as readonly TrialState[]).includes(state);
}
