import { REASONS, type Reason, type ReasonEntry } from './reasons.js';

/** One bad field of a request; `field` is the path in proto spelling (`tasks[0].prompt`). */
export interface FieldViolation {
  readonly field: string;
  readonly description: string;
}

export interface HeddleErrorOptions {
  /** Every variable that the message names, for machines. */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly violations?: readonly FieldViolation[];
  /** When a repeat makes sense, in seconds. */
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
}

/** An expected failure with a stable reason. The doors translate it, nobody else knows of HTTP or gRPC. */
export class HeddleError extends Error {
  override readonly name = 'HeddleError';
  readonly metadata: Readonly<Record<string, string>>;
  readonly violations: readonly FieldViolation[];
  readonly retryAfterSeconds: number | undefined;

  constructor(
    readonly reason: Reason,
    message: string,
    options: HeddleErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.metadata = options.metadata ?? {};
    this.violations = options.violations ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds ?? (this.entry.retryable ? 1 : undefined);
  }

  get entry(): ReasonEntry {
    return REASONS[this.reason];
  }

  /** Several copies of this package may be loaded (test realms): compare by name, not by class. */
  static is(error: unknown): error is HeddleError {
    return error instanceof Error && error.name === 'HeddleError' && 'reason' in error;
  }
}

/** A request whose fields are wrong; all faults at once. */
export function fieldInvalid(violations: readonly FieldViolation[]): HeddleError {
  const text = violations.map((fault) => `${fault.field}: ${fault.description}`).join('; ');
  return new HeddleError('FIELD_INVALID', `The request has invalid fields: ${text}`, { violations });
}
