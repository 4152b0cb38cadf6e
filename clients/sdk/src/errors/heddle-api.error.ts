/** One bad field of a request; `field` is the path in the JSON that was sent (`tasks[0].prompt`). */
export interface FieldViolation {
  readonly field: string;
  readonly description: string;
}

export interface HeddleApiErrorOptions {
  readonly metadata?: Readonly<Record<string, string>>;
  readonly violations?: readonly FieldViolation[];
  readonly retryAfter?: number | undefined;
  readonly code?: number | undefined;
  readonly cause?: unknown;
}

/**
 * The server answered, and the answer is a refusal. `reason` is stable and meant for programs (`TASK_NOT_FOUND`); the
 * message is for people and may change. An answer that did not come from Heddle (a proxy's page) has reason `HTTP_<status>`.
 */
export class HeddleApiError extends Error {
  override readonly name = 'HeddleApiError';
  readonly metadata: Readonly<Record<string, string>>;
  readonly violations: readonly FieldViolation[];
  /** Seconds after which a repeat makes sense; absent: a repeat would be refused again. */
  readonly retryAfter: number | undefined;
  /** google.rpc.Code. */
  readonly code: number | undefined;

  constructor(
    readonly reason: string,
    message: string,
    readonly httpStatus: number,
    options: HeddleApiErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.metadata = options.metadata ?? {};
    this.violations = options.violations ?? [];
    this.retryAfter = options.retryAfter;
    this.code = options.code;
  }

  /** By name: several copies of this package may be loaded. */
  static is(error: unknown): error is HeddleApiError {
    return error instanceof Error && error.name === 'HeddleApiError' && 'reason' in error;
  }
}
