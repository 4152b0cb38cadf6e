import { GitError } from '../process/git-error.js';
import { feed } from '../process/run-git.js';
import { startGit, type GitProcessOptions, type ProcessLimits } from '../process/start-git.js';
import type { GitLocation } from '../process/environment.js';
import { MergeRecordReader, type MergeOutcome } from './merge-record.js';

export const MERGE_ARGUMENTS = ['merge-tree', '--write-tree', '-z', '--stdin', '--name-only'] as const;
/** Of a process that merges more than one pair. */
export const MERGE_LIMITS: ProcessLimits = { cpuSeconds: 300, memoryBytes: 4 * 1024 ** 3 };
const LIMITS_ALONE: ProcessLimits = { ...MERGE_LIMITS, cpuSeconds: 30 };
/** Git hands out its answers 4 KiB at a time, some 90 pairs: so far behind the last one that was heard is where it died. */
const SUSPECTS = 100;

/** `unknown`: git could not decide (it crashed or ran out of its limits). Never to be read as clean. */
export type PairOutcome = MergeOutcome | 'unknown';

/**
 * Merges many pairs of commits in one process (about 0.4 ms a pair) and hands on each outcome, in order.
 * When git dies, the next pairs have a process each until the one that it died over is found; that one is `unknown`, with its error.
 */
export async function mergeMany(
  at: GitLocation,
  pairs: readonly (readonly [ours: string, theirs: string])[],
  onOutcome: (index: number, outcome: PairOutcome, death?: GitError) => void,
  signal?: AbortSignal,
): Promise<void> {
  let done = 0;
  let suspects = 0;
  while (done < pairs.length) {
    const share = pairs.slice(done, suspects > 0 ? done + 1 : undefined);
    const limits = suspects > 0 ? LIMITS_ALONE : MERGE_LIMITS;
    const death = await mergeShare({ ...at, limits, signal }, share, (outcome) => {
      onOutcome(done, outcome);
      done += 1;
    });
    if (death === undefined) suspects -= 1;
    else if (share.length > 1) suspects = SUSPECTS;
    else {
      onOutcome(done, 'unknown', death);
      done += 1;
      suspects = 0;
    }
  }
}

/** @returns how git died before it had answered all pairs */
async function mergeShare(
  options: GitProcessOptions,
  pairs: readonly (readonly [ours: string, theirs: string])[],
  onOutcome: (outcome: MergeOutcome) => void,
): Promise<GitError | undefined> {
  const reader = new MergeRecordReader();
  const git = startGit(MERGE_ARGUMENTS, { ...options, timeoutMs: 600_000 });
  const fed = feed(git.stdin, pairs.map(([ours, theirs]) => `${ours} ${theirs}\n`).join(''));
  let answered = 0;
  for await (const chunk of git.stdout as AsyncIterable<Buffer>) {
    for (const outcome of reader.push(chunk)) {
      onOutcome(outcome);
      answered += 1;
    }
  }
  await fed;
  try {
    await git.done;
  } catch (error) {
    if (!GitError.is(error) || error.kind === 'aborted' || error.kind === 'spawn') throw error;
    return answered < pairs.length ? error : undefined;
  }
  if (answered < pairs.length) throw new Error('git merge-tree answered fewer pairs than asked');
  return undefined;
}

/** Merges two commits. Throws `GitError` when git cannot decide. */
export async function mergeOne(
  at: GitLocation,
  ours: string,
  theirs: string,
  signal?: AbortSignal,
): Promise<MergeOutcome> {
  const answers: { outcome: PairOutcome; death: GitError | undefined }[] = [];
  await mergeMany(at, [[ours, theirs]], (_, outcome, death) => answers.push({ outcome, death }), signal);
  const [answer] = answers;
  if (answer === undefined || answer.outcome === 'unknown')
    throw answer?.death ?? new Error(`no outcome for ${ours} ${theirs}`);
  return answer.outcome;
}
