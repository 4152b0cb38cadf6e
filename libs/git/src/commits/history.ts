import type { GitLocation } from '../process/environment.js';
import { gitLine, runGit } from '../process/run-git.js';

/** True when `ancestor` is `descendant` or in its history. */
export async function isAncestor(at: GitLocation, ancestor: string, descendant: string): Promise<boolean> {
  if (ancestor === descendant) return true;
  const { exitCode } = await runGit(['merge-base', '--is-ancestor', ancestor, descendant], { ...at, okCodes: [0, 1] });
  return exitCode === 0;
}

/** The tree of a commit. */
export async function treeOf(at: GitLocation, commit: string): Promise<string> {
  return gitLine(['rev-parse', '--verify', '--quiet', '--end-of-options', `${commit}^{tree}`], at);
}

/**
 * The commits from `from`, without it, to `to` along first parents, the oldest first; undefined where `from` is not on that
 * way, or is more than `most` commits back.
 */
export async function firstParents(
  at: GitLocation,
  { from, to, most }: { readonly from: string; readonly to: string; readonly most: number },
): Promise<readonly string[] | undefined> {
  if (from === to) return [];
  const arguments_ = ['rev-list', '--first-parent', '--parents', `--max-count=${String(most)}`, '--end-of-options'];
  const { stdout } = await runGit([...arguments_, to, `^${from}`], at);
  const lines = stdout
    .toString('latin1')
    .split('\n')
    .filter((line) => line !== '');
  const commits = lines.map((line) => line.split(' ')[0] ?? '');
  return lines.at(-1)?.split(' ')[1] === from ? commits.reverse() : undefined;
}

/**
 * The first commit in `from..to` whose message has the trailer `key: value`, or undefined. At most the newest 10,000 are read.
 * `from` undefined: the whole history of `to`.
 */
export async function findTrailer(
  at: GitLocation,
  range: { readonly from?: string; readonly to: string },
  key: string,
  value: string,
): Promise<string | undefined> {
  const revisions = range.from === undefined ? [range.to] : [range.to, `^${range.from}`];
  const { stdout } = await runGit(
    [
      'log',
      '-z',
      '--max-count=10000',
      `--format=%H%n%(trailers:key=${key},valueonly,separator=%x0A)`,
      '--end-of-options',
      ...revisions,
    ],
    { ...at, maxOutputBytes: 64 * 1024 * 1024 },
  );
  for (const record of stdout.toString('utf8').split('\0')) {
    const [commit, ...values] = record.split('\n');
    if (values.some((found) => found.trim() === value)) return commit;
  }
  return undefined;
}
