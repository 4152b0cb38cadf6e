import { commitTree } from '../commits/commit-tree.js';
import { treeOf } from '../commits/history.js';
import { GitError } from '../process/git-error.js';
import type { MergeDirectory } from './merge-directory.js';
import type { MergeOutcome } from './merge-record.js';
import { MergesInTurn } from './merges-in-turn.js';

/** `unknown`: git could not decide, and would not the next time; never to be read as clean. */
export type TurnOutcome = MergeOutcome | { readonly clean: 'unknown'; readonly text: string };

export interface MergedInTurn {
  /** What all that merge give together. */
  readonly tree: string;
  /** In the order of `heads`; `taken`: it is in the tree, merged or settled. */
  readonly turns: readonly { readonly outcome: TurnOutcome; readonly tree: string; readonly taken: boolean }[];
}

/** Makes a tree of a merge of `theirs` onto `ours` that conflicts; undefined: it is left out. */
type SettleConflict = (
  conflict: Extract<MergeOutcome, { clean: false }>,
  ours: string,
  theirs: string,
) => Promise<string | undefined>;

interface TurnsToMerge {
  readonly onto: string;
  readonly heads: readonly string[];
  /** Of the commits between: the same input makes the same objects. */
  readonly date: Date;
  readonly settle?: SettleConflict;
}

/** What the host lacks comes back some day: that is no word on the merge. */
const HOST_TROUBLE = /No space left|Input\/output error|unable to (write|create)|Too many open files/i;

/**
 * Merges commits one after another, each onto what the ones before gave; one that conflicts and is not settled is left out.
 * @param at its attributes hold for all of them
 */
export async function mergeInTurn(
  at: MergeDirectory,
  turns: TurnsToMerge,
  signal?: AbortSignal,
): Promise<MergedInTurn> {
  const merges = new MergesInTurn(at, signal);
  try {
    return await mergeEach(at, merges, turns);
  } finally {
    await merges.end();
  }
}

async function mergeEach(
  at: MergeDirectory,
  merges: MergesInTurn,
  { onto, heads, date, settle }: TurnsToMerge,
): Promise<MergedInTurn> {
  let tip = onto;
  let tree: string | undefined;
  const turns: { outcome: TurnOutcome; tree: string; taken: boolean }[] = [];
  for (const [index, head] of heads.entries()) {
    const outcome = await merges.merge(tip, head).catch(undecided);
    const taken =
      outcome.clean === true ? outcome.tree : outcome.clean === false && (await settle?.(outcome, tip, head));
    if (typeof taken === 'string') {
      tree = taken;
      // The last one is merged onto by nobody.
      if (index < heads.length - 1)
        tip = await commitTree({
          gitDir: at.gitDir,
          ...(at.objectDirectory === undefined ? {} : { objectDirectory: at.objectDirectory }),
          tree,
          parents: [tip, head],
          message: 'merged in turn',
          date,
        });
    }
    // Before the first that merges: a process that is saved where that is the first one.
    tree ??= await treeOf(at, onto);
    turns.push({ outcome, tree, taken: typeof taken === 'string' });
  }
  return { tree: tree ?? (await treeOf(at, onto)), turns };
}

function undecided(error: unknown): TurnOutcome {
  if (!GitError.is(error) || (error.kind !== 'exit' && error.kind !== 'timeout') || HOST_TROUBLE.test(error.stderr))
    throw error;
  return { clean: 'unknown', text: error.stderr.trim().slice(0, 500) || error.message };
}
