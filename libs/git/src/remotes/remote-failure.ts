import { HeddleError } from '@heddle/domain';
import { GitError } from '../process/git-error.js';

/** Turns what git says about a remote that does not answer into a reason. Aborts and everything that is no `GitError` pass. */
export function remoteFailure(error: unknown, location: string): unknown {
  if (!GitError.is(error) || error.kind === 'aborted') return error;
  const metadata = { url: location };
  if (/does not appear to be a git repository|not a git repository|repository .* not found/i.test(error.stderr)) {
    return new HeddleError('REPOSITORY_NOT_A_REPOSITORY', `There is no git repository at ${location}.`, {
      metadata,
      cause: error,
    });
  }
  const said = error.kind === 'timeout' ? 'it did not answer in time' : lastLine(error.stderr);
  return new HeddleError('REPOSITORY_UNREACHABLE', `The repository ${location} cannot be reached: ${said}`, {
    metadata,
    cause: error,
  });
}

function lastLine(stderr: string): string {
  const lines = stderr
    .trim()
    .split('\n')
    .filter((row) => /^(fatal|error|remote|ssh|Host|Permission)/.test(row));
  return (lines[0] ?? stderr.trim().split('\n').at(-1) ?? 'no reason was given').slice(0, 300);
}
