import { Injectable } from '@nestjs/common';
import { commitTree, mergeOne, treeAttributes, withMergeDirectory, type MergeOutcome } from '@heddle/git';
import { ChangeFiles } from '../changes/change-files.js';
import { GitStores } from '../git-store/git-stores.js';
import { LruCache } from '../shared/lru-cache.js';
import { landingMessage } from './landing-message.js';
import type { LandingEntity } from './landing.entity.js';

export type ChainMerge = { readonly clean: true; readonly commit: string } | Extract<MergeOutcome, { clean: false }>;

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
      const outcome = await mergeOne(at, onto, landing.headCommit);
      if (!outcome.clean) return outcome;
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
