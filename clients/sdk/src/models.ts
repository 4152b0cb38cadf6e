import type * as api from '@heddle/contracts';
import type { Wire, WireInput } from './json/wire-types.js';

export type Repository = Wire<api.Repository>;
export type Environment = Wire<api.Environment>;
export type EnvironmentSecret = Wire<api.EnvironmentSecret>;
export type Credential = Wire<api.Credential>;
export type NetworkRule = Wire<api.NetworkRule>;
export type SecretKeyRotation = Wire<api.RotateSecretKeysResponse>;
export type Batch = Wire<api.Batch>;
export type Task = Wire<api.Task>;
export type Ranking = Wire<api.Ranking>;
export type Attempt = Wire<api.Attempt>;
export type Plan = Wire<api.Plan>;
export type Turn = Wire<api.Turn>;
export type MessageInput = WireInput<Omit<api.SendMessageRequest, 'id'>>;
export type EgressRequest = Wire<api.EgressRequest>;
export type CheckResult = Wire<api.CheckResult>;
export type Change = Wire<api.Change>;
export type ChangedFile = Wire<api.ChangedFile>;
export type FileDiff = Wire<api.FileDiff>;
export type DiffPage = Wire<api.GetDiffResponse>;
export type DiffHunk = Wire<api.DiffHunk>;
export type DiffLine = Wire<api.DiffLine>;
export type Comment = Wire<api.Comment>;
export type ComparisonPage = Wire<api.CompareChangesResponse>;
export type ComparedFile = Wire<api.ComparedFile>;
export type ComparedRegion = Wire<api.ComparedRegion>;
export type Verdict = Wire<api.Verdict>;
export type Criterion = Wire<api.Criterion>;
export type ReviewLoad = Wire<api.ReviewLoad>;
export type ResourceRules = Wire<api.ResourceRules>;
export type ReviewPolicy = Wire<api.ReviewPolicy>;
export type Forecast = Wire<api.Forecast>;
export type OverlapPair = Wire<api.OverlapPair>;
export type Landing = Wire<api.Landing>;
export type Reconciliation = Wire<api.Reconciliation>;
export type ReconciliationPlan = Wire<api.ReconciliationPlan>;
export type MergeConflict = Wire<api.MergeConflict>;
export type AgentTool = Wire<api.AgentTool>;
export type Budget = Wire<api.Budget>;
export type Spending = Wire<api.Spending>;
export type Price = Wire<api.Price>;
export type Job = Wire<api.Job>;
export type Runner = Wire<api.Runner>;
export type AgentActivity = Wire<api.AgentActivity>;
export type LogLine = Wire<api.LogLine>;
export type HeddleEvent = Wire<api.Event>;
export type ServerInfo = Wire<api.ServerInfo>;
export type Caller = Wire<api.Caller>;
export type AgentKind = Wire<api.AgentKind>;

export type AttemptState = Attempt['state'];
export type TaskState = Task['state'];
export type BatchState = Batch['state'];
export type LandingQueue = Wire<api.LandingQueue>;
export type LandingExplanation = Wire<api.LandingExplanation>;
export type Preflight = Wire<api.Preflight>;
export type LandingState = Landing['state'];
export type JobState = Job['state'];
export type ReviewState = Change['reviewState'];
export type OverlapLevel = OverlapPair['level'];

export type CreateRepositoryInput = WireInput<api.CreateRepositoryRequest>;
export type CreateEnvironmentInput = WireInput<api.CreateEnvironmentRequest>;
/** Each field that is there is replaced as a whole; `etag` refuses it where somebody was faster. */
export type UpdateEnvironmentInput = WireInput<Omit<api.Environment, 'id'>>;
export type SetEnvironmentSecretInput = WireInput<Omit<api.SetEnvironmentSecretRequest, 'environmentId' | 'name'>>;
export type ValidateEnvironmentInput = WireInput<Omit<api.ValidateEnvironmentRequest, 'id'>>;
export type CreateCredentialInput = WireInput<api.CreateCredentialRequest>;
/** Each field that is there is replaced; `etag` refuses it where somebody was faster. */
export type UpdateCredentialInput = WireInput<Omit<api.Credential, 'id'>>;
export type CreateBatchInput = WireInput<api.CreateBatchRequest>;
export type SuggestSplitInput = WireInput<api.SuggestSplitRequest>;
export type CreateTaskInput = WireInput<api.CreateTaskRequest>;
export type SelectAttemptInput = WireInput<Omit<api.SelectAttemptRequest, 'id'>>;
export type CreateAttemptInput = WireInput<Omit<api.CreateAttemptRequest, 'taskId'>>;
export type TaskSpecInput = WireInput<api.TaskSpec>;
/** The limits that it has are set; the others stay. */
export type BudgetInput = WireInput<api.Budget>;
export type RaiseBudgetInput = WireInput<Omit<api.RaiseBatchBudgetRequest, 'id'>>;
export type SetPriceInput = WireInput<api.SetPriceRequest>;
export type CheckInput = WireInput<api.Check>;
export type ApprovePlanInput = WireInput<Omit<api.ApprovePlanRequest, 'id'>>;
export type CreateVerdictInput = WireInput<Omit<api.CreateVerdictRequest, 'changeId'>>;
export type DismissVerdictInput = WireInput<Omit<api.DismissVerdictRequest, 'changeId' | 'id'>>;
export type AttestCriterionInput = WireInput<Omit<api.AttestCriterionRequest, 'changeId' | 'criterionId'>>;
/** Each field that is there is replaced as a whole; `etag` refuses it where somebody was faster. */
export type UpdateReviewPolicyInput = WireInput<Omit<api.ReviewPolicy, 'repositoryId' | 'updateTime'>>;
/** All of them; `etag` refuses it where somebody was faster. */
export type SetResourceRulesInput = Pick<WireInput<api.ResourceRules>, 'rules' | 'etag'>;
export type CreateCommentInput = WireInput<Omit<api.CreateCommentRequest, 'changeId'>>;
export type UpdateCommentInput = Pick<WireInput<api.Comment>, 'text' | 'etag'>;
export type MoveLandingInput = WireInput<Omit<api.MoveLandingRequest, 'id'>>;
/** Each field that is there is replaced; `etag` refuses it where somebody was faster. */
export type UpdateLandingQueueInput = WireInput<Omit<api.LandingQueue, 'id'>>;
export type PauseLandingQueueInput = WireInput<Omit<api.PauseLandingQueueRequest, 'id'>>;
export type CreateLandingInput = WireInput<api.CreateLandingRequest>;
export type PlanReconciliationInput = WireInput<api.PlanReconciliationRequest>;
export type CreateReconciliationInput = WireInput<api.CreateReconciliationRequest>;
export type ListBatchesFilter = Filter<api.ListBatchesRequest>;
export type ListTasksFilter = Filter<api.ListTasksRequest>;
export type ListAttemptsFilter = Filter<api.ListAttemptsRequest>;
export type ListEgressFilter = Omit<Filter<api.ListEgressRequestsRequest>, 'id'>;
export type ListChangesFilter = Omit<Filter<api.ListChangesRequest>, 'orderBy'>;
/** What of a diff is shown, and how. */
export type DiffView = Omit<Filter<api.GetDiffRequest>, 'id' | 'path'>;
export type ListCommentsFilter = Omit<Filter<api.ListCommentsRequest>, 'changeId'>;
/** Two changes, or two checkpoints of an attempt. */
export type CompareChangesInput = Filter<api.CompareChangesRequest>;
export type ListJobsFilter = Filter<api.ListJobsRequest>;
export type ListLandingsFilter = Filter<api.ListLandingsRequest>;
export type ListReconciliationsFilter = Filter<api.ListReconciliationsRequest>;
export type ListLandingQueuesFilter = Filter<api.ListLandingQueuesRequest>;
export type ListForecastsFilter = Filter<api.ListForecastsRequest>;
export type ListOverlapsFilter = Filter<api.ListOverlapsRequest>;
export type ListRepositoriesFilter = Filter<api.ListRepositoriesRequest>;

type Filter<T> = Omit<WireInput<T>, 'pageSize' | 'pageToken'>;
