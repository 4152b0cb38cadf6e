import { GitError } from '@heddle/git';

/** How `update-index` ends at a path that it will never take. */
const REFUSED = /^fatal: (?:Unable to process path|failed to encode|BOM is (?:required|prohibited)) /m;

/** What it also ends at such a line for, though the path is sound: the host or the store failed. */
const FAILED =
  /No space left|Disk quota|unable to write|failed to insert|index\.lock|out of memory|Cannot allocate|Input\/output error|Too many open files/i;

/**
 * True only where git said that the path itself is at fault. All else (a full disk, a git that was killed, a message that
 * nobody knows) must not cost a file: the capture is tried again.
 */
export function refusesPath(error: unknown): boolean {
  return (
    GitError.is(error) &&
    error.kind === 'exit' &&
    error.exitCode !== undefined &&
    REFUSED.test(error.stderr) &&
    !FAILED.test(error.stderr)
  );
}
