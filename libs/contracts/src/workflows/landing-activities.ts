import type { CheckOutcome } from './runner-activities.js';

/** One workflow owns a branch of a repository; continued runs carry what they learnt about the window. */
export interface LandingWorkflowInput {
  readonly repositoryId: string;
  readonly branch: string;
  readonly window?: number;
}

/** A landing that merged cleanly onto the ones before it in the chain. */
export interface LandingMember {
  readonly landingId: string;
  /** The merge commit that is tested, and pushed as it is or not at all. */
  readonly commit: string;
  readonly hasChecks: boolean;
  /** Sum of the time limits of all checks that the merge has to pass. */
  readonly checksTimeoutMs: number;
  /** Absent from plans of before tips had to pass the checks of others. */
  readonly own?: LandingOwn;
}

/** What a red landing is looked at by. */
export interface LandingOwn {
  /** Where its change began, and its change. */
  readonly base: string;
  readonly head: string;
  /** Names of its checks that nothing before it has too: that the branch fails them may be as it should be. */
  readonly newChecks: readonly string[];
}

/** One sandbox of a landing. */
export interface LandingTest {
  /** Another commit than the candidate. */
  readonly probe?: string;
  /** Landings whose checks are run, the oldest first and the landing itself last; absent: its own alone. */
  readonly checksOf?: readonly string[];
  /** Which of the tests of these checks, from 0: there is one for each environment. */
  readonly number: number;
}

/** How the queue wants a step to be tested. */
export interface LandingRules {
  /** How many neighbours one test stands for; at least 1. */
  readonly batch: number;
  /** Red checks run once more on the same tree. */
  readonly retryFlakes: boolean;
  /** In plans of before tips had to pass the checks of others: all members have the same checks. */
  readonly sameChecks?: boolean;
}

export type LandingPlan =
  | { readonly kind: 'NOTHING_TO_DO' }
  | {
      readonly kind: 'STEP';
      /** What the branch is now; all zeroes where it does not exist yet. */
      readonly tip: string;
      readonly pool: string;
      readonly members: readonly LandingMember[];
      /**
       * Landings that are on the branch and whose checks every merge has to pass too, the oldest first. Absent from plans of
       * before: a merge is tested with the checks of its own task.
       */
      readonly landed?: readonly string[];
      /** Absent from plans of before there were settings: one test each, no retry, no search for a cause. */
      readonly rules?: LandingRules;
    };

/** A landing that is on the branch, with the merge of a red change onto it. */
export interface LandingProbe {
  readonly landingId: string;
  readonly commit: string;
}

export interface LandRequest {
  readonly repositoryId: string;
  readonly branch: string;
  /** What the branch must still be. */
  readonly tip: string;
  /** Neighbours in the chain from its head, all tested green. */
  readonly members: readonly {
    readonly landingId: string;
    readonly commit: string;
    readonly checks: readonly CheckOutcome[];
  }[];
}

export type LandOutcome =
  /** The first `landed` members are on the branch, the last of them is its tip; fewer than asked where one was taken out meanwhile. */
  | { readonly kind: 'LANDED'; readonly landed: number }
  /** Somebody else moved the branch: all members are queued again. */
  | { readonly kind: 'MOVED' }
  /** The remote refused. A single member is ejected for it; of several, all are queued again to be tried one by one. */
  | { readonly kind: 'REFUSED' };

/** Activities of the landing workflow, on review's worker. All read rows first, so that a repeat is harmless. */
export interface LandingActivities {
  /** Settles pushes that were cut off, then merges up to `window` queued landings onto the branch as the remote has it now. */
  planLanding(input: {
    readonly repositoryId: string;
    readonly branch: string;
    readonly window: number;
  }): Promise<LandingPlan>;
  /** The next fence of the landing's sandbox; `wanted` is false when it was taken out of the queue. */
  raiseLandingFence(
    landingId: string,
    /** In requests of before tips had to pass the checks of others: the probe alone, or nothing. */
    test?: LandingTest | string,
  ): Promise<{
    readonly fence: number;
    readonly wanted: boolean;
    /** How many tests these checks are. */
    readonly tests?: number;
  }>;
  /** Which of these are still being tested. */
  stillWanted(landingIds: readonly string[]): Promise<readonly string[]>;
  land(request: LandRequest): Promise<LandOutcome>;
  /** Takes a landing out because its checks are red, or because they could not be run. */
  ejectLanding(input: {
    readonly landingId: string;
    readonly commit: string;
    readonly reason: string;
    readonly message: string;
    readonly checks: readonly CheckOutcome[];
    /** As in the test whose checks these are. */
    readonly checksOf?: readonly string[];
    /** The landing on the branch with which it does not get on; its reason is INTERACTION then. */
    readonly partnerId?: string;
  }): Promise<void>;
  /**
   * The red landing merged onto each of the landings that came onto the branch since its change began, in their order; the
   * last one is the branch as it is. Empty where there are none, or so many, or others' commits between them, that no one could be named.
   */
  planProbes(input: { readonly landingId: string; readonly tip: string }): Promise<readonly LandingProbe[]>;
  /** Stops the queue because the branch itself is red; its landings are queued again and nothing is said against them. */
  stopQueue(input: {
    readonly repositoryId: string;
    readonly branch: string;
    readonly tip: string;
    readonly checks: readonly CheckOutcome[];
  }): Promise<void>;
  /** Puts landings that are being tested back into the queue: what they were tested on does not hold any more. */
  requeueLandings(landingIds: readonly string[]): Promise<void>;
}
