export type {
  AttemptActivities,
  AttemptPlan,
  AttemptStep,
  AttemptWorkflowInput,
  BeginResult,
  CapturedTurn,
  NextClaim,
  PauseStep,
  StoredStep,
} from './attempt-activities.js';
export type {
  BeginJobResult,
  JobActivities,
  JobPlan,
  JobStep,
  JobWorkflowInput,
  StoredJobStep,
} from './job-activities.js';
export type {
  LandingActivities,
  LandingMember,
  LandingOwn,
  LandingPlan,
  LandingProbe,
  LandingRules,
  LandingTest,
  LandingWorkflowInput,
  LandOutcome,
  LandRequest,
} from './landing-activities.js';
export type { BeginTrialResult, TrialActivities, TrialEnd, TrialPlan, TrialWorkflowInput } from './trial-activities.js';
export { LOOK_SIGNAL, RECLAIM_PRIORITY, TASK_QUEUES, temporalPriority, WORKFLOW_IDS, WORKFLOW_TYPES } from './names.js';
export {
  RUNNER_FAILURES,
  type AgentReport,
  type CaptureResult,
  type CheckOutcome,
  type ChecksResult,
  type ClaimResult,
  type LimitWord,
  type ModelUsageCount,
  type PoolActivities,
  type ProvisionResult,
  type ReleaseResult,
  type RunnerActivities,
  type SandboxOwnerRef,
  type SetupResult,
  type StopReasonWord,
  type StopResult,
  type StoredConversation,
  type TurnResult,
  type UsageSummary,
} from './runner-activities.js';
