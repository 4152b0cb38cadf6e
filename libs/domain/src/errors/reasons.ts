/**
 * The one table of machine-readable reasons. A reason may be added, never renamed: clients branch on it.
 * `code` is the gRPC status, `http` the REST status; `retryable` says that a blind repeat makes sense (RetryInfo is sent).
 */
export interface ReasonEntry {
  readonly code: GrpcCode;
  readonly http: number;
  readonly retryable?: boolean;
}

/** gRPC status codes by number (google.rpc.Code). */
export enum GrpcCode {
  CANCELLED = 1,
  UNKNOWN = 2,
  INVALID_ARGUMENT = 3,
  DEADLINE_EXCEEDED = 4,
  NOT_FOUND = 5,
  ALREADY_EXISTS = 6,
  PERMISSION_DENIED = 7,
  RESOURCE_EXHAUSTED = 8,
  FAILED_PRECONDITION = 9,
  ABORTED = 10,
  OUT_OF_RANGE = 11,
  UNIMPLEMENTED = 12,
  INTERNAL = 13,
  UNAVAILABLE = 14,
  UNAUTHENTICATED = 16,
}

const invalid = { code: GrpcCode.INVALID_ARGUMENT, http: 400 } as const;
const missing = { code: GrpcCode.NOT_FOUND, http: 404 } as const;
const taken = { code: GrpcCode.ALREADY_EXISTS, http: 409 } as const;
const state = { code: GrpcCode.FAILED_PRECONDITION, http: 400 } as const;
const race = { code: GrpcCode.ABORTED, http: 409 } as const;
const down = { code: GrpcCode.UNAVAILABLE, http: 503, retryable: true } as const;

export const REASONS = {
  FIELD_INVALID: invalid,
  REF_NOT_FOUND: invalid,
  REPOSITORY_UNREACHABLE: invalid,
  REPOSITORY_NOT_A_REPOSITORY: invalid,
  REPOSITORY_EMPTY: invalid,
  REPOSITORY_SHALLOW: invalid,
  REPOSITORY_PARTIAL: invalid,
  REPOSITORY_NOT_ALLOWED: invalid,
  MEDIA_TYPE_UNSUPPORTED: { code: GrpcCode.INVALID_ARGUMENT, http: 415 },
  TOKEN_MISSING: { code: GrpcCode.UNAUTHENTICATED, http: 401 },
  TOKEN_INVALID: { code: GrpcCode.UNAUTHENTICATED, http: 401 },
  TOKEN_EXPIRED: { code: GrpcCode.UNAUTHENTICATED, http: 401 },
  ORIGIN_NOT_ALLOWED: { code: GrpcCode.PERMISSION_DENIED, http: 403 },
  ROLE_REQUIRED: { code: GrpcCode.PERMISSION_DENIED, http: 403 },
  NOT_AUTHOR: { code: GrpcCode.PERMISSION_DENIED, http: 403 },
  ROUTE_NOT_FOUND: missing,
  REPOSITORY_NOT_FOUND: missing,
  ENVIRONMENT_NOT_FOUND: missing,
  BATCH_NOT_FOUND: missing,
  TASK_NOT_FOUND: missing,
  ATTEMPT_NOT_FOUND: missing,
  CHANGE_NOT_FOUND: missing,
  CHECKPOINT_NOT_FOUND: missing,
  COMMENT_NOT_FOUND: missing,
  FILE_NOT_FOUND: missing,
  FORECAST_NOT_FOUND: missing,
  VERDICT_NOT_FOUND: missing,
  CRITERION_NOT_FOUND: missing,
  LANDING_NOT_FOUND: missing,
  RECONCILIATION_NOT_FOUND: missing,
  QUEUE_NOT_FOUND: missing,
  JOB_NOT_FOUND: missing,
  TRIAL_NOT_FOUND: missing,
  PLAN_NOT_FOUND: missing,
  OWNER_NOT_FOUND: missing,
  RUNNER_NOT_FOUND: missing,
  SECRET_NOT_FOUND: missing,
  CREDENTIAL_NOT_FOUND: missing,
  PRICE_NOT_FOUND: missing,
  REQUEST_ID_REUSED: taken,
  NAME_TAKEN: taken,
  LANDING_EXISTS: taken,
  ALREADY_LANDED: taken,
  ALREADY_REVERTED: taken,
  TREE_DIFFERS: taken,
  ATTEMPT_NOT_RUNNING: state,
  ATTEMPT_ENDED: state,
  ATTEMPT_NOT_ENDED: state,
  ATTEMPT_LIMIT: state,
  ATTEMPT_NOT_WAITING: state,
  AGENT_CANNOT_RESUME: state,
  SANDBOX_NOT_KEPT: state,
  BATCH_ENDED: state,
  BUDGET_EXHAUSTED: state,
  JOB_ENDED: state,
  RECONCILIATION_ENDED: state,
  ENVIRONMENT_IN_USE: state,
  REPOSITORY_IN_USE: state,
  CREDENTIAL_IN_USE: state,
  REPOSITORY_SYNCING: { code: GrpcCode.FAILED_PRECONDITION, http: 400, retryable: true },
  CHANGE_PARTIAL: state,
  CHANGE_EMPTY: state,
  BASES_DIFFER: state,
  CHECKS_NOT_GREEN: state,
  APPROVAL_MISSING: state,
  CRITERIA_NOT_MET: state,
  SECRET_IN_CHANGE: state,
  LANDING_NOT_QUEUED: state,
  NO_FORGE: state,
  LANDING_NOT_LANDED: state,
  FENCE_SUPERSEDED: state,
  AGENT_NOT_INSTALLED: state,
  SECRET_UNREADABLE: state,
  SECRETS_KEY_UNAVAILABLE: state,
  PACK_REFUSED: state,
  TERMINAL_CLOSED: race,
  VERSION_CONFLICT: race,
  CHANGE_MOVED: race,
  RATE_LIMITED: { code: GrpcCode.RESOURCE_EXHAUSTED, http: 429, retryable: true },
  TERMINAL_LIMIT: { code: GrpcCode.RESOURCE_EXHAUSTED, http: 429 },
  QUOTA_EXCEEDED: { code: GrpcCode.RESOURCE_EXHAUSTED, http: 429 },
  REQUEST_TOO_LARGE: { code: GrpcCode.RESOURCE_EXHAUSTED, http: 413 },
  SLOW_READER: { code: GrpcCode.RESOURCE_EXHAUSTED, http: 429, retryable: true },
  CURSOR_EXPIRED: { code: GrpcCode.OUT_OF_RANGE, http: 400 },
  UPGRADE_REQUIRED: { code: GrpcCode.FAILED_PRECONDITION, http: 426 },
  NOT_AVAILABLE: { code: GrpcCode.UNIMPLEMENTED, http: 501 },
  METHOD_NOT_ALLOWED: { code: GrpcCode.UNIMPLEMENTED, http: 405 },
  DATABASE_UNAVAILABLE: down,
  STREAM_UNAVAILABLE: down,
  WORKFLOWS_UNAVAILABLE: down,
  SERVICE_UNAVAILABLE: down,
  SHUTTING_DOWN: down,
  DEADLINE_EXCEEDED: { code: GrpcCode.DEADLINE_EXCEEDED, http: 504, retryable: true },
  CANCELLED: { code: GrpcCode.CANCELLED, http: 499 },
  INTERNAL: { code: GrpcCode.INTERNAL, http: 500 },
} as const satisfies Record<string, ReasonEntry>;

export type Reason = keyof typeof REASONS;

/** True for a word of the catalogue; answers of other services are checked with it before they are trusted. */
export function isReason(word: string): word is Reason {
  return Object.hasOwn(REASONS, word);
}
