import type { CheckOutcome } from './runner-activities.js';

export interface TrialWorkflowInput {
  readonly trialId: string;
}

/** What the workflow needs to know of its row; the runner reads the rest by GetSandboxSpec. */
export interface TrialPlan {
  readonly trialId: string;
  /** What is laid over the base. */
  readonly commit: string;
  /** Sum of the checks' time limits. */
  readonly checksTimeoutMs: number;
  readonly pool: string;
  /** Level for Temporal, 2 to 6. */
  readonly priority: number;
  readonly fairnessKey: string;
}

export type BeginTrialResult = { readonly kind: 'WORK'; readonly plan: TrialPlan } | { readonly kind: 'NOTHING_TO_DO' };

export type TrialEnd =
  | { readonly kind: 'RAN'; readonly checks: readonly CheckOutcome[] }
  /** The platform could not run its checks. */
  | { readonly kind: 'BROKEN'; readonly reason: string; readonly message: string }
  /** It was cancelled. */
  | { readonly kind: 'UNWANTED' };

/** Local activities of the trial workflow, on review's worker. All read the row first, so that a repeat is harmless. */
export interface TrialActivities {
  /** Marks the trial as running where there is something to run. */
  beginTrial(trialId: string): Promise<BeginTrialResult>;
  /** The next fence of the trial's sandbox; `wanted` is false when it was cancelled. */
  raiseTrialFence(trialId: string): Promise<{ readonly fence: number; readonly wanted: boolean }>;
  isTrialWanted(trialId: string): Promise<boolean>;
  /** The first end of a trial holds. */
  endTrial(input: { readonly trialId: string; readonly end: TrialEnd }): Promise<void>;
}
