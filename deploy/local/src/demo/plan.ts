import type { CreateBatchInput } from '@heddle/sdk';

/** What the example is known to come to; tasks are counted from 1. */
export interface ExpectedOutcome {
  readonly landed: readonly number[];
  readonly conflict: { readonly task: number; readonly with: number; readonly paths: readonly string[] };
  /** Runs the tests of the landed branch. @returns what they said, and whether they passed */
  readonly testLandedBranch: (branch: string) => Promise<TestRun>;
}

export interface TestRun {
  readonly passed: boolean;
  readonly command: string;
  readonly summary: string;
  readonly commit: string;
}

/** One repository and the tasks on it. */
export interface DemoPlan {
  readonly name: string;
  readonly repository: string;
  readonly batch: CreateBatchInput;
  /** Undefined: the repository's default branch. */
  readonly targetBranch: string | undefined;
  /** Undefined for someone's own repository: nothing is known beforehand. */
  readonly expected: ExpectedOutcome | undefined;
}
