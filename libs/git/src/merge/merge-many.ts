import { GitError } from '../process/git-error.js';
import { feed } from '../process/run-git.js';
import { startGit, type ProcessLimits } from '../process/start-git.js';
import type { GitLocation } from '../process/environment.js';
import { MergeRecordReader, type MergeOutcome } from './merge-record.js';

const ARGUMENTS = ['merge-tree', '--write-tree', '-z', '--stdin', '--name-only'];
const LIMITS: ProcessLimits = { cpuSeconds: 300, memoryBytes: 4 * 1024 ** 3 };

/** `unknown`: git could not decide (it crashed or ran out of its limits). Never to be read as clean. */
export type PairOutcome = MergeOutcome | 'unknown';

/**
 * Merges many pairs of commits in one process (about 0.4 ms a pair) and hands on each outcome, in order.
 * When git dies over a pair, that pair is `unknown` and the rest goes on in a new process.
 */
export async function mergeMany(
  at: GitLocation,
  pairs: readonly (readonly [ours: string, theirs: string])[],
  onOutcome: (index: number, outcome: PairOutcome) => void,
  signal?: AbortSignal,
): Promise<void> {
  let done = 0;
  while (done < pairs.length) {
    const reader = new MergeRecordReader();
    const git = startGit(ARGUMENTS, { ...at, limits: LIMITS, timeoutMs: 600_000, signal });
    const fed = feed(
      git.stdin,
      pairs
        .slice(done)
        .map(([ours, theirs]) => `${ours} ${theirs}\n`)
        .join(''),
    );
    for await (const chunk of git.stdout as AsyncIterable<Buffer>) {
      for (const outcome of reader.push(chunk)) {
        onOutcome(done, outcome);
        done += 1;
      }
    }
    await fed;
    try {
      await git.done;
      if (done < pairs.length) throw new Error('git merge-tree answered fewer pairs than asked');
    } catch (error) {
      if (!GitError.is(error) || error.kind === 'aborted' || error.kind === 'spawn') throw error;
      if (done < pairs.length) onOutcome(done, 'unknown');
      done += 1;
    }
  }
}

/** Merges two commits. Throws `GitError` when git cannot decide. (git 2.39 answers a batch only at its end, so a chain takes one process per merge.) */
export async function mergeOne(
  at: GitLocation,
  ours: string,
  theirs: string,
  signal?: AbortSignal,
): Promise<MergeOutcome> {
  const outcomes: PairOutcome[] = [];
  await mergeMany(at, [[ours, theirs]], (_, outcome) => outcomes.push(outcome), signal);
  const [outcome] = outcomes;
  if (outcome === undefined || outcome === 'unknown')
    throw new GitError('exit', 'merge-tree', undefined, `no outcome for ${ours} ${theirs}`);
  return outcome;
}
