/** The client does not know which server to talk to, or has no token for it. The message names the ways out. */
export class HeddleConfigError extends Error {
  override readonly name = 'HeddleConfigError';

  constructor(
    readonly reason: 'SERVER_UNKNOWN' | 'URL_INVALID' | 'RUN_FILE_INVALID',
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }

  /** By name: several copies of this package may be loaded. */
  static is(error: unknown): error is HeddleConfigError {
    return error instanceof Error && error.name === 'HeddleConfigError';
  }
}
