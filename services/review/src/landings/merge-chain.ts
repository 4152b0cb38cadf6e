import { Injectable } from '@nestjs/common';
import {
  authorOf,
  commitTree,
  firstParents,
  GitError,
  mergeOne,
  readCommit,
  treeAttributes,
  treeOf,
  withMergeDirectory,
  type GitLocation,
  type MergeOutcome,
} from '@heddle/git';
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

/** What decides the commit that lands. */
export type Mergeable = Pick<
  LandingEntity,
  | 'id'
  | 'repositoryId'
  | 'baseCommit'
  | 'headCommit'
  | 'title'
  | 'taskId'
  | 'attemptId'
  | 'style'
  | 'revertsId'
  | 'createTime'
>;

/** What the host lacks comes back some day: that is no word on the merge. */
const HOST_TROUBLE = /No space left|Input\/output error|unable to (write|create)|Too many open files/i;
/** A change has a commit or two for each of its turns. */
const MOST_COMMITS = 500;

/** Merges landings without a work tree; the merges stay in the store, whether they are pushed or not. */
@Injectable()
export class MergeChain {
  private readonly attributes = new LruCache<Buffer>(256);

  constructor(
    private readonly stores: GitStores,
    private readonly files: ChangeFiles,
  ) {}

  /** @param onto tip of the branch, or the merge of the landing before */
  async merge(onto: string, landing: Mergeable): Promise<ChainMerge> {
    const store = this.stores.directory(landing.repositoryId);
    const key = (commit: string): string => `${landing.repositoryId} ${commit}`;
    const attributes = await this.attributes.get(key(onto), () => treeAttributes({ gitDir: store }, onto));
    return withMergeDirectory({ store, commit: onto, attributes, keepObjects: true }, async (at) => {
      const outcome = await this.bring(at, store, onto, landing).catch(undecided);
      if (outcome.clean !== true) return outcome;
      // A walk of the whole tree is saved wherever the change leaves attributes alone.
      if (!(await this.touchesAttributes(landing)))
        await this.attributes.get(key(outcome.commit), () => Promise.resolve(attributes));
      return outcome;
    });
  }

  private async bring(at: GitLocation, store: string, onto: string, landing: Mergeable): Promise<ChainMerge> {
    if (landing.style === 'REBASE') return this.rebase(at, store, onto, landing);
    const { baseCommit: base, headCommit: source, createTime: date } = landing;
    const isSquash = landing.style === 'SQUASH';
    const outcome = await (isSquash ? pick(at, store, onto, { base, source, date }) : mergeOne(at, onto, source));
    if (!outcome.clean) return outcome;
    const parents = isSquash ? [onto] : [onto, source];
    return { clean: true, commit: await write(store, landing, { tree: outcome.tree, parents, source }) };
  }

  /** Each commit of the change on the one before. */
  private async rebase(at: GitLocation, store: string, onto: string, landing: Mergeable): Promise<ChainMerge> {
    const { baseCommit: from, headCommit: to } = landing;
    const commits = await firstParents({ gitDir: store }, { from, to, most: MOST_COMMITS });
    if (commits === undefined || commits.length === 0)
      return {
        clean: 'undecided',
        text: `The change is no line of at most ${String(MOST_COMMITS)} commits from its base`,
      };
    let tip = onto;
    let base = from;
    for (const [index, source] of commits.entries()) {
      const outcome = await pick(at, store, tip, { base, source, date: landing.createTime });
      if (!outcome.clean) return outcome;
      const part = commits.length === 1 ? '' : ` (${String(index + 1)}/${String(commits.length)})`;
      tip = await write(store, landing, { tree: outcome.tree, parents: [tip], source, part });
      base = source;
    }
    return { clean: true, commit: tip };
  }

  private async touchesAttributes({ repositoryId, baseCommit, headCommit }: Mergeable): Promise<boolean> {
    const files = await this.files.of(repositoryId, baseCommit, headCommit);
    return files.some((file) =>
      [file.path, file.oldPath].some((path) => path?.toString('latin1').endsWith('.gitattributes') === true),
    );
  }
}

/**
 * What came from `base` to `source`, on another commit: a merge whose ours is a commit of that one's tree which pretends to
 * come from `base`. The same tree as git cherry-pick makes, on every version of git, also where `source` is on the branch
 * already and was taken back.
 */
async function pick(
  at: GitLocation,
  store: string,
  onto: string,
  { base, source, date }: { readonly base: string; readonly source: string; readonly date: Date },
): Promise<MergeOutcome> {
  const tree = await treeOf({ gitDir: store }, onto);
  const ours = await commitTree({ gitDir: store, tree, parents: [base], message: 'ours', date });
  return mergeOne(at, ours, source);
}

/** @param commit `source`: whose author it keeps; `part`: which of several commits it is */
async function write(
  store: string,
  landing: Mergeable,
  commit: { tree: string; parents: string[]; source: string; part?: string },
): Promise<string> {
  const author = authorOf((await readCommit({ gitDir: store }, commit.source)) ?? '');
  return commitTree({
    gitDir: store,
    tree: commit.tree,
    parents: commit.parents,
    message: landingMessage(landing, commit.part),
    // The row's date, not the clock's: a repeat of this step makes the same commit.
    date: landing.createTime,
    ...(author === undefined ? {} : { author }),
  });
}

function undecided(error: unknown): Extract<ChainMerge, { clean: 'undecided' }> {
  if (!GitError.is(error) || (error.kind !== 'exit' && error.kind !== 'timeout') || HOST_TROUBLE.test(error.stderr))
    throw error;
  return { clean: 'undecided', text: error.stderr.trim().slice(0, 500) || error.message };
}
