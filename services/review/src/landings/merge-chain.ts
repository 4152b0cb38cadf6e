import { Injectable } from '@nestjs/common';
import { commitTree, GitError, mergeOne, treeAttributes, withMergeDirectory, type MergeOutcome } from '@heddle/git';
import { ChangeFiles } from '../changes/change-files.js';
import { GitStores } from '../git-store/git-stores.js';
import { LruCache } from '../shared/lru-cache.js';
import { landingMessage } from './landing-message.js';
import type { LandingEntity } from './landing.entity.js';

export type ChainMerge =
  | { readonly clean: true; readonly commit: string }
  | Extract<MergeOutcome, { clean: false }>
  /** Git gave up on it, and would again; its words. */
  | { readonly clean: 'undecided'; readonly text: string };

/** What the host lacks comes back some day: that is no word on the merge. */
const HOST_TROUBLE = /No space left|Input\/output error|unable to (write|create)|Too many open files/i;

/** Merges landings without a work tree; the merges stay in the store, whether they are pushed or not. */
@Injectable()
export class MergeChain {
  private readonly attributes = new LruCache<Buffer>(256);

  constructor(
    private readonly stores: GitStores,
    private readonly files: ChangeFiles,
  ) {}

  /** @param onto tip of the branch, or the merge of the landing before */
  async merge(onto: string, landing: LandingEntity): Promise<ChainMerge> {
    const store = this.stores.directory(landing.repositoryId);
    const key = (commit: string): string => `${landing.repositoryId} ${commit}`;
    const attributes = await this.attributes.get(key(onto), () => treeAttributes({ gitDir: store }, onto));
    return withMergeDirectory({ store, commit: onto, attributes, keepObjects: true }, async (at) => {
      const outcome = await mergeOne(at, onto, landing.headCommit).catch(undecided);
      if (outcome.clean !== true) return outcome;
      const commit = await commitTree({
        gitDir: store,
        tree: outcome.tree,
        parents: [onto, landing.headCommit],
        message: landingMessage(landing),
        // The row's date, not the clock's: a repeat of this step makes the same commit.
        date: landing.createTime,
      });
      // A walk of the whole tree is saved wherever the change leaves attributes alone.
      if (!(await this.touchesAttributes(landing)))
        await this.attributes.get(key(commit), () => Promise.resolve(attributes));
      return { clean: true, commit };
    });
  }

  private async touchesAttributes({ repositoryId, baseCommit, headCommit }: LandingEntity): Promise<boolean> {
    const files = await this.files.of(repositoryId, baseCommit, headCommit);
    return files.some((file) =>
      [file.path, file.oldPath].some((path) => path?.toString('latin1').endsWith('.gitattributes') === true),
    );
  }
}

function undecided(error: unknown): Extract<ChainMerge, { clean: 'undecided' }> {
  if (!GitError.is(error) || (error.kind !== 'exit' && error.kind !== 'timeout') || HOST_TROUBLE.test(error.stderr))
    throw error;
  return { clean: 'undecided', text: error.stderr.trim().slice(0, 500) || error.message };
}
