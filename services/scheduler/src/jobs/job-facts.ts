import type { CheckOutcome, ProvisionResult, SetupResult } from '@heddle/contracts/workflows';

/** What a dry run has found so far, as the runner told it. */
export interface JobFacts {
  readonly sandbox?: ProvisionResult;
  readonly setup?: SetupResult;
  /** Absent until they have run. */
  readonly checks?: readonly CheckOutcome[];
}
