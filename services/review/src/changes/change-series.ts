import { authorOf, commitTree, firstParents, readCommit, treeOf } from '@heddle/git';
import { changeMessage } from '../landings/landing-message.js';
import type { ChangeEntity } from './change.entity.js';

/** A change has a commit or two for each of its turns. */
const MOST_COMMITS = 500;

/**
 * The last of a line of commits on the change's base, which have its turns' trees and authors, and messages that may leave
 * the platform. One commit for what is no line, as a reconciliation is. They stay in the store; a repeat makes the same.
 */
export async function seriesHead(
  { gitDir }: { readonly gitDir: string },
  change: Pick<ChangeEntity, 'baseCommit' | 'headCommit' | 'title' | 'taskId' | 'attemptId' | 'createTime'>,
): Promise<string> {
  const { baseCommit: base, headCommit: head, createTime: date } = change;
  const line = await firstParents({ gitDir }, { from: base, to: head, most: MOST_COMMITS });
  const steps: { readonly commit: string; readonly tree: string }[] = [];
  let before = await treeOf({ gitDir }, base);
  for (const commit of line ?? [head]) {
    const tree = await treeOf({ gitDir }, commit);
    // A mail without a change is none that `git am` takes.
    if (tree !== before) steps.push({ commit, tree });
    before = tree;
  }
  let parent = base;
  for (const [index, { commit, tree }] of steps.entries()) {
    const author = authorOf((await readCommit({ gitDir }, commit)) ?? '');
    const part = steps.length === 1 ? '' : ` (${String(index + 1)}/${String(steps.length)})`;
    const message = changeMessage(change, part);
    parent = await commitTree({
      gitDir,
      tree,
      parents: [parent],
      message,
      date,
      ...(author === undefined ? {} : { author }),
    });
  }
  return parent;
}
