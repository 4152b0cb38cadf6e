import { GitError } from '../process/git-error.js';
import type { GitLocation } from '../process/environment.js';
import { nulFields } from '../process/nul-fields.js';
import { runGit } from '../process/run-git.js';
import { showPath } from '../names/git-path.js';

export interface CommitFiles {
  /** When it was committed, in Unix seconds. */
  readonly time: number;
  /** What it touched, readable; of renames both names. */
  readonly paths: readonly string[];
}

export interface RecentCommitsOptions {
  readonly most: number;
  /** Wall clock, in milliseconds. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** Begins a commit's record. A path that looks the same begins a commit that is none: that costs a wrong count. */
const HEADER = /^\x01(\d+)$/;
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/**
 * The newest commits in the history of one, itself included, with the files that each touched; merges are left out. Undefined
 * where they take too long or too much to list.
 */
export async function recentCommits(
  at: GitLocation,
  commit: string,
  { most, timeoutMs, signal }: RecentCommitsOptions,
): Promise<readonly CommitFiles[] | undefined> {
  const listing = ['-z', '--name-only', '--no-renames', '--no-merges', '--no-ext-diff', '--no-textconv'];
  try {
    const { stdout } = await runGit(
      ['log', ...listing, `--max-count=${String(most)}`, '--format=%x01%ct', '--end-of-options', commit],
      { ...at, timeoutMs, maxOutputBytes: MAX_OUTPUT_BYTES, signal },
    );
    return parseCommits(nulFields(stdout));
  } catch (error) {
    signal?.throwIfAborted();
    if (GitError.is(error) && (error.kind === 'timeout' || error.kind === 'output-limit')) return undefined;
    throw error;
  }
}

function parseCommits(fields: readonly Buffer[]): CommitFiles[] {
  const commits: { time: number; paths: string[] }[] = [];
  for (const field of fields) {
    const text = showPath(field).path;
    const time = HEADER.exec(text.replace(/^\n/, ''))?.[1];
    if (time !== undefined) {
      commits.push({ time: Number(time), paths: [] });
      continue;
    }
    const paths = commits.at(-1)?.paths;
    // git ends the line of a header where the first path begins.
    const path = paths?.length === 0 ? text.replace(/^\n/, '') : text;
    if (path !== '') paths?.push(path);
  }
  return commits;
}
