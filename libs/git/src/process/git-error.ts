/** How a git process ended badly. `exit` has a code, the others never let git finish. */
export type GitFailureKind = 'exit' | 'timeout' | 'aborted' | 'output-limit' | 'spawn';

/**
 * A git process that did not succeed. It is internal to the platform: whoever answers a client turns it into a
 * `HeddleError` with a reason. `stderr` is git's own text in the C locale, cut to 64 KiB; it may quote repository content.
 */
export class GitError extends Error {
  override readonly name = 'GitError';
  /** What a command that reports on standard output had printed by then; only from `runGit`. */
  stdout = '';

  constructor(
    readonly kind: GitFailureKind,
    readonly command: string,
    readonly exitCode: number | undefined,
    readonly stderr: string,
    cause?: unknown,
  ) {
    super(describe(kind, command, exitCode, stderr), cause === undefined ? undefined : { cause });
  }

  static is(error: unknown): error is GitError {
    return error instanceof Error && error.name === 'GitError' && 'kind' in error;
  }
}

function describe(kind: GitFailureKind, command: string, exitCode: number | undefined, stderr: string): string {
  const how = {
    exit: `exited with ${String(exitCode)}`,
    timeout: 'ran out of time',
    aborted: 'was aborted',
    'output-limit': 'printed more than allowed',
    spawn: 'could not be started',
  }[kind];
  const tail = stderr.trim().split('\n').slice(-3).join(' | ').slice(0, 500);
  return `git ${command} ${how}${tail === '' ? '' : `: ${tail}`}`;
}
