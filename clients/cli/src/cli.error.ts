import { EXIT, type ExitCode } from './exit-codes.js';

export interface CliErrorOptions {
  /** What to do next. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** A failure that the command itself found, with what to do about it. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly hint: string | undefined;

  constructor(
    readonly exitCode: ExitCode,
    readonly reason: string,
    message: string,
    options: CliErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.hint = options.hint;
  }

  static is(error: unknown): error is CliError {
    return error instanceof Error && error.name === 'CliError' && 'exitCode' in error;
  }
}

export function usageError(message: string, hint?: string): CliError {
  return new CliError(EXIT.usage, 'USAGE', message, hint === undefined ? {} : { hint });
}
