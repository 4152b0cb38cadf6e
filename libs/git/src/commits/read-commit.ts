import type { GitLocation } from '../process/environment.js';
import { runGit } from '../process/run-git.js';

/** The headers and the message of a commit as latin1 text; undefined where there is no such commit. */
export async function readCommit(at: GitLocation, id: string, signal?: AbortSignal): Promise<string | undefined> {
  const { stdout } = await runGit(['cat-file', '--batch'], { ...at, input: `${id}\n`, signal });
  const start = stdout.indexOf(10) + 1;
  const [, type] = stdout.toString('latin1', 0, start).split(' ');
  return type === 'commit' ? stdout.toString('latin1', start) : undefined;
}
