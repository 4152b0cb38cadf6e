export { HeddleClient, type HeddleClientOptions } from './heddle-client.js';
export { dataDirectory } from './environment/data-directory.js';
export { HeddleApiError, type FieldViolation } from './errors/heddle-api.error.js';
export { HeddleConfigError } from './errors/heddle-config.error.js';
export { HeddleConnectionError, type ConnectionFailure } from './errors/heddle-connection.error.js';
export type { CallOptions } from './http/transport.js';
export { durationToMs, msToDuration } from './json/duration.js';
export type { Wire, WireInput } from './json/wire-types.js';
export type {
  AgentActivity,
  AgentKind,
  AgentTool,
  ApprovePlanInput,
  AttestCriterionInput,
  Attempt,
  AttemptState,
  Batch,
  BatchState,
  Budget,
  BudgetInput,
  Caller,
  Change,
  ChangedFile,
  CheckInput,
  CheckResult,
  Comment,
  CompareChangesInput,
  ComparedFile,
  ComparedRegion,
  CreateBatchInput,
  CreateCommentInput,
  CreateCredentialInput,
  CreateEnvironmentInput,
  CreateLandingInput,
  CreateReconciliationInput,
  CreateRepositoryInput,
  CreateTaskInput,
  CreateVerdictInput,
  Credential,
  Criterion,
  DismissVerdictInput,
  DiffHunk,
  DiffLine,
  DiffView,
  EgressRequest,
  MessageInput,
  Turn,
  Environment,
  EnvironmentSecret,
  FileDiff,
  Forecast,
  HeddleEvent,
  Job,
  JobState,
  Landing,
  MergeConflict,
  PlanReconciliationInput,
  Reconciliation,
  ReconciliationPlan,
  LandingExplanation,
  LandingQueue,
  LandingState,
  LogLine,
  NetworkRule,
  MoveLandingInput,
  OverlapLevel,
  OverlapPair,
  Preflight,
  Price,
  Plan,
  RaiseBudgetInput,
  Repository,
  ResourceRules,
  ReviewLoad,
  ReviewPolicy,
  ReviewState,
  Runner,
  SecretKeyRotation,
  ServerInfo,
  SetEnvironmentSecretInput,
  SetPriceInput,
  SetResourceRulesInput,
  Spending,
  SuggestSplitInput,
  Ranking,
  SelectAttemptInput,
  Task,
  TaskSpecInput,
  TaskState,
  UpdateCredentialInput,
  UpdateEnvironmentInput,
  UpdateReviewPolicyInput,
  UpdateLandingQueueInput,
  ValidateEnvironmentInput,
  Verdict,
} from './models.js';
export { take } from './paging/paginate.js';
export type { EgressReport } from './resources/attempts.js';
export type { EventFilter } from './resources/events.js';
export type { ActivityFilter } from './resources/activities.js';
export type { FollowFilter, LogFilter, LogOwner, LogText } from './resources/logs.js';
export type { Comparison } from './resources/changes.js';
export type { OverlapReport } from './resources/overlaps.js';
export type { ListOptions } from './resources/resource.js';
export type { StreamOptions } from './streams/resuming-stream.js';
export type { Terminal, TerminalOptions, TerminalOutput, WindowSize } from './terminal/terminal.js';
export {
  isAttemptEnded,
  isBatchEnded,
  isJobEnded,
  isLandingDone,
  isReconciliationSettled,
  isTaskEnded,
} from './waiting/ended.js';
export type { FollowOptions } from './waiting/follow-batch.js';
export type { WaitOptions } from './waiting/wait-until.js';
