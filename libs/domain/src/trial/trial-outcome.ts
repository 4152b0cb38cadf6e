import type { TrialState } from './trial-state.js';

/** What a trial says, as far as it has run. */
export interface TrialOutcome {
  readonly state: TrialState;
  /** Of RAN: one for each check. `isRunnable`: its command could be started, so that a failure is of the tree. */
  readonly checks: readonly { readonly name: string; readonly state: string; readonly isRunnable: boolean }[];
}
