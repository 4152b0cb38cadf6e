export {
  countCriteria,
  criteriaOf,
  judgeCriteria,
  type Attestation,
  type CheckEvidenceOfTree,
  type Criterion,
  type CriterionEvidence,
  type CriterionState,
  type JudgedCriterion,
  type ProvingCheck,
} from './acceptance/judge-criteria.js';
export { isCiDefinition } from './approval/ci-definitions.js';
export { CODE_OWNERS_PATHS, CodeOwners, MAX_CODE_OWNERS_BYTES } from './approval/code-owners.js';
export {
  judgeApprovals,
  type ApprovalJudgement,
  type ApprovalRules,
  type GivenVerdict,
  type MissingApproval,
  type OwnedPath,
} from './approval/judge-approvals.js';
export { isReasonClass, REASON_CLASSES, reasonClassList, type ReasonClass } from './approval/reason-classes.js';
export { movedContent, type TouchedFile } from './approval/verdict-survival.js';
export { AGENT_FAILURES, type AgentFailure } from './agent/agent-failures.js';
export { AGENT_KINDS, agentKindViolation, type KnownAgentKind } from './agent/agent-kinds.js';
export {
  isModelProvider,
  modelProvider,
  MODEL_PROVIDERS,
  type ModelEndpoint,
  type ModelProvider,
  type ModelProviderEntry,
} from './agent/model-endpoint.js';
export { ATTEMPT_END_STATES, ATTEMPT_STATES, canMove, isEndState, type AttemptState } from './attempt/attempt-state.js';
export { SECRET_IN_CHANGE } from './attempt/secret-in-change.js';
export {
  endedWell,
  judgeTurn,
  type AttemptVerdict,
  type StopReason,
  type TurnEvidence,
  type TurnMode,
} from './attempt/judge-turn.js';
export { batchState, ROLLUP_STATES, taskState, type BatchState, type RollupState } from './batch/rollup-state.js';
export { taskTitle } from './batch/task-title.js';
export { isHostPattern } from './environment/host-pattern.js';
export { isNetworkPreset, NETWORK_PRESETS, type NetworkPreset } from './environment/network-presets.js';
export { isPathGlob } from './environment/path-glob.js';
export { SANDBOX_DRIVERS, type SandboxDriverName } from './environment/sandbox-drivers.js';
export { fieldInvalid, HeddleError, type FieldViolation, type HeddleErrorOptions } from './errors/heddle-error.js';
export { GrpcCode, isReason, REASONS, type Reason, type ReasonEntry } from './errors/reasons.js';
export {
  advisePairs,
  PAIR_ADVICE,
  type AdvisedPair,
  type PairAdvice,
  type SharedFile,
} from './forecast/advise-pairs.js';
export { FileHistory, type HistoryCommit } from './forecast/file-history.js';
export { PathIndex } from './forecast/named-files.js';
export {
  nameWordIndex,
  predictFiles,
  wordsOf,
  type FileSign,
  type PlannedTask,
  type PredictedFile,
  type RepositoryFacts,
} from './forecast/predict-files.js';
export { scoreForecast, type ForecastScore, type ForetoldPair } from './forecast/score-forecast.js';
export { spellings, type SearchWord } from './forecast/search-words.js';
export {
  FORGE_PROVIDERS,
  forgeApiUrl,
  forgeProvider,
  isForgeProvider,
  pathAtForge,
  type ForgeProvider,
} from './forge/forge-provider.js';
export { isRefName } from './git/ref-name.js';
export { unionOfChecks, type UnitedCheck } from './checks/union-of-checks.js';
export { canJobMove, isJobEnded, JOB_END_STATES, JOB_STATES, type JobState } from './job/job-state.js';
export {
  judgeValidation,
  type CheckEvidence,
  type SetupEvidence,
  type ValidationVerdict,
} from './job/judge-validation.js';
export { batchSize, expectedFailureRate } from './landing/batch-size.js';
export { FirstRed } from './landing/first-red.js';
export { LandingChain, type ChainMove, type ChainVerdict } from './landing/landing-chain.js';
export { FORGE_REVIEW, LANDING_FAILED } from './landing/landing-failed.js';
export { canLandingMove, isLandingSettled, LANDING_STATES, type LandingState } from './landing/landing-state.js';
export { LandingWindow } from './landing/landing-window.js';
export { isRed, redChecks, retriedChecks } from './landing/retried-checks.js';
export { OVERLAP_LEVELS, strongest, type OverlapLevel } from './overlap/overlap-level.js';
export { compareEdits, type EditedRegion, type TextEdit } from './review/compare-edits.js';
export type { LineEdit } from './review/line-edit.js';
export { mapAnchor, type AnchorPosition, type LineAnchor } from './review/map-anchor.js';
export { movedLines, type ChangedLine } from './review/moved-lines.js';
export { type TrialOutcome } from './trial/trial-outcome.js';
export { isTrialEnded, TRIAL_END_STATES, type TrialState } from './trial/trial-state.js';
export { inputReport, type PathFact, type PathOutcome, type ReportedPath } from './reconciliation/input-report.js';
export { judgeIntent, type IntentVerdict } from './reconciliation/judge-intent.js';
export { mergeOrder, orderCost, type OrderProblem } from './reconciliation/merge-order.js';
export {
  canReconciliationMove,
  judgeRung,
  RECONCILIATION_STATES,
  type ReconciliationState,
  type ReconciliationStep,
  type RungEvidence,
  type RungVerdict,
} from './reconciliation/reconciliation-state.js';
export { diffFacts, type DiffFacts, type TriagedFile } from './triage/diff-facts.js';
export { isOverBacklogLimit, MINUTES_PER_DAY, queuedMinutes } from './triage/review-load.js';
export {
  inTriageOrder,
  triageChange,
  type RiskReason,
  type TriageFacts,
  type TriageRoute,
  type TriageVerdict,
  type WeighedReason,
} from './triage/triage-change.js';
export {
  resourceKind,
  RESOURCE_KINDS,
  sharedResources,
  type ResourceKind,
  type ResourceKindOf,
  type SharedResource,
  type TouchedPath,
} from './overlap/resources.js';
export { type CrossOutcome, type CrossTestFacts, type JudgedTest } from './ranking/cross-votes.js';
export { judgeGates, type GateFacts, type GateFailure } from './ranking/gates.js';
export { rankAttempts, type RankingReason, type RankingVerdict } from './ranking/rank-attempts.js';
export { wilsonInterval } from './ranking/wilson-interval.js';
