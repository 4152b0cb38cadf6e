import type { CaptureResult, CheckOutcome, ProvisionResult, StopReasonWord, TurnResult } from './runner-activities.js';

export interface AttemptWorkflowInput {
  readonly attemptId: string;
}

/** What the workflow needs to know of its row; the runner reads the rest by GetSandboxSpec. */
export interface AttemptPlan {
  readonly attemptId: string;
  readonly pool: string;
  /** Level for Temporal, 2 to 6. */
  readonly priority: number;
  readonly fairnessKey: string;
  readonly fairnessWeight: number;
  /** Of the turn, from its first start. */
  readonly timeLimitMs: number;
  /** A phase that is silent for longer has lost its runner process. */
  readonly heartbeatTimeoutMs: number;
  /** Of the environment's set-up script; absent: the platform's default. */
  readonly setupTimeoutMs?: number;
  readonly hasChecks: boolean;
  /** Of the turn; absent: CODE. */
  readonly mode?: 'CODE' | 'ASK' | 'PLAN';
  readonly turn: number;
  /** Number of the last stored step; the next is one more. */
  readonly transition: number;
  readonly restartCount: number;
}

/** The fence of the next claim; or the stop that came before it. */
export interface NextClaim {
  readonly fence: number;
  readonly stop?: StopReasonWord;
  /** It is to wait before an agent runs. */
  readonly pause?: boolean;
  /** Unix milliseconds: its model cools down until then, and the next claim is to be asked for after it. */
  readonly holdUntil?: number;
  /** The turn is to end for the next one. */
  readonly interrupt?: boolean;
}

/** What the runner has made of the wish for a pause. */
export interface PauseStep {
  readonly attemptId: string;
  readonly paused: boolean;
}

export type BeginResult =
  { readonly kind: 'WORK'; readonly plan: AttemptPlan; readonly claim: NextClaim } | { readonly kind: 'NOTHING_TO_DO' };

/** One step of the attempt for its readers. Written once, by the first writer of `transition`. */
export interface AttemptStep {
  readonly attemptId: string;
  readonly transition: number;
  readonly state:
    | 'QUEUED'
    | 'PROVISIONING'
    | 'RUNNING'
    | 'CHECKING'
    | 'WAITING_FOR_USER'
    | 'COMPLETED'
    | 'FAILED'
    | 'TIMED_OUT'
    | 'CANCELLED';
  readonly statusDetail: string;
  readonly message?: string;
  readonly runnerId?: string;
  readonly restartCount?: number;
  readonly sandbox?: ProvisionResult;
  readonly turn?: TurnResult;
  readonly changeId?: string;
  /** The checkpoint of the turn's end. */
  readonly captured?: CapturedTurn;
  readonly checks?: readonly CheckOutcome[];
}

/** What a further turn goes on with. */
export type CapturedTurn = Pick<CaptureResult, 'commit' | 'treeId' | 'conversation'>;

/** What is stored for the step, which is what the workflow goes on with. */
export interface StoredStep {
  /** QUEUED beside a step that would have ended the attempt: a message waited, and is the next turn. */
  readonly state: AttemptStep['state'];
  readonly statusDetail: string;
}

/** Local activities of the attempt workflow, on the scheduler's worker. */
export interface AttemptActivities {
  /** Where there is work, the fence of the first claim is raised with it. */
  beginAttempt(attemptId: string): Promise<BeginResult>;
  /** The fence is written before its claim is scheduled. */
  raiseFence(attemptId: string): Promise<NextClaim>;
  recordStep(step: AttemptStep): Promise<StoredStep>;
  /** What the user wants of the attempt by now. */
  readIntent(
    attemptId: string,
  ): Promise<{ readonly stop?: StopReasonWord; readonly pause?: boolean; /** A turn. */ readonly interrupt?: number }>;
  recordPause(step: PauseStep): Promise<void>;
  /** Until when (Unix milliseconds) the runner keeps the sandbox's files. */
  recordKept(kept: { readonly attemptId: string; readonly until: number }): Promise<void>;
}
