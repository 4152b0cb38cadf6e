import type { NextClaim } from './attempt-activities.js';
import type { CheckOutcome, ProvisionResult, SetupResult, StopReasonWord } from './runner-activities.js';

export interface JobWorkflowInput {
  readonly jobId: string;
}

/** What the workflow needs to know of its row; the runner reads the rest by GetSandboxSpec. */
export interface JobPlan {
  readonly jobId: string;
  readonly pool: string;
  /** Level for Temporal, 2 to 6. */
  readonly priority: number;
  readonly fairnessKey: string;
  /** A phase that is silent for longer has lost its runner process. */
  readonly heartbeatTimeoutMs: number;
  /** Of the environment's set-up script; absent: the platform's default. */
  readonly setupTimeoutMs?: number;
  /** Sum of the time limits of the checks that are to run; 0: none are. */
  readonly checksTimeoutMs: number;
  readonly commit: string;
  /** Number of the last stored step; the next is one more. */
  readonly transition: number;
  readonly restartCount: number;
}

export type BeginJobResult =
  { readonly kind: 'WORK'; readonly plan: JobPlan; readonly claim: NextClaim } | { readonly kind: 'NOTHING_TO_DO' };

/** One step of the job for its readers. Written once, by the first writer of `transition`. */
export interface JobStep {
  readonly jobId: string;
  readonly transition: number;
  readonly state: 'QUEUED' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED';
  readonly statusDetail: string;
  readonly message?: string;
  readonly runnerId?: string;
  readonly restartCount?: number;
  readonly sandbox?: ProvisionResult;
  readonly setup?: SetupResult;
  readonly checks?: readonly CheckOutcome[];
}

/** What is stored for the step, which is what the workflow goes on with. */
export interface StoredJobStep {
  readonly state: JobStep['state'];
}

/** Local activities of the job workflow, on the scheduler's worker. */
export interface JobActivities {
  /** Where there is work, the fence of the first claim is raised with it. */
  beginJob(jobId: string): Promise<BeginJobResult>;
  /** The fence is written before its claim is scheduled. */
  raiseJobFence(jobId: string): Promise<NextClaim>;
  recordJobStep(step: JobStep): Promise<StoredJobStep>;
  /** What the user wants of the job by now. */
  readJobIntent(jobId: string): Promise<{ readonly stop?: StopReasonWord }>;
}
