export type ConnectionFailure = 'UNREACHABLE' | 'INTERRUPTED' | 'DEADLINE_EXCEEDED';

/**
 * No answer came. `UNREACHABLE`: no connection, so the request was never received. `INTERRUPTED`: the connection broke, the
 * request may have had its effect. `DEADLINE_EXCEEDED`: the caller's time was up.
 */
export class HeddleConnectionError extends Error {
  override readonly name = 'HeddleConnectionError';

  constructor(
    readonly failure: ConnectionFailure,
    readonly url: string,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }

  /** By name: several copies of this package may be loaded. */
  static is(error: unknown): error is HeddleConnectionError {
    return error instanceof Error && error.name === 'HeddleConnectionError' && 'failure' in error;
  }
}
