import { Injectable } from '@nestjs/common';
import type { PlanReconciliationRequest, ReconciliationPlan } from '@heddle/contracts';
import type { OverlapLevel } from '@heddle/domain';
import {
  mergeInTurn,
  mergeMany,
  treeAttributes,
  withMergeDirectory,
  type MergeDirectory,
  type MergedInTurn,
  type PairOutcome,
} from '@heddle/git';
import { DataSource, In, type EntityManager } from 'typeorm';
import type { ChangeEntity } from '../changes/change.entity.js';
import { ChangeFiles } from '../changes/change-files.js';
import { GitStores } from '../git-store/git-stores.js';
import { RepositorySyncService } from '../git-store/repository-sync.service.js';
import { touchedPaths } from '../overlaps/change-facts.js';
import { OverlapPairEntity } from '../overlaps/overlap-pair.entity.js';
import { LruCache } from '../shared/lru-cache.js';
import { conflictsOf } from './merge-conflicts.js';
import { suggestOrder } from './merge-costs.js';
import { readInputs } from './reconciliation-inputs.js';

/** What the result begins at, and the branch that it is for. */
export interface ReconciliationBase {
  readonly commit: string;
  readonly branch: string;
}

type BaseWish = Pick<PlanReconciliationRequest, 'targetBranch' | 'fromTip'>;

/** The same merges make the same objects, however often they are made. */
const DATE = new Date(0);

/** What would become of changes that are merged one after another. */
@Injectable()
export class ReconciliationPlanner {
  private readonly attributes = new LruCache<Buffer>(64);

  constructor(
    private readonly dataSource: DataSource,
    private readonly stores: GitStores,
    private readonly files: ChangeFiles,
    private readonly repositories: RepositorySyncService,
  ) {}

  /** @throws HeddleError as `readInputs`; REF_NOT_FOUND where the branch is not there */
  async plan(request: PlanReconciliationRequest): Promise<ReconciliationPlan> {
    const changes = await readInputs(this.dataSource.manager, request);
    const { commit } = await this.base(changes, request);
    const suggested = await this.suggest(changes);
    const order = request.keepOrder ? changes : suggested;
    const merged = await this.merge(commit, order);
    return {
      repositoryId: changes[0]?.repositoryId ?? '',
      baseCommit: commit,
      treeId: merged.tree,
      clean: merged.turns.every(({ outcome }) => outcome.clean === true),
      steps: order.map((change, index) => {
        const turn = merged.turns[index];
        return {
          changeId: change.id,
          title: change.title,
          clean: turn?.outcome.clean === true,
          treeId: turn?.tree ?? '',
          conflicts: turn === undefined ? [] : conflictsOf(turn.outcome),
        };
      }),
      suggestedOrder: suggested.map(({ id }) => id),
    };
  }

  /**
   * The base that all have, unless the branch's tip is asked for, or another branch, or they have several. The branch is
   * always the one that the commit is of: what is set up on a branch's own commits may be used for others of it.
   */
  async base(changes: readonly ChangeEntity[], { targetBranch, fromTip }: BaseWish): Promise<ReconciliationBase> {
    const [first, ...others] = changes;
    if (first === undefined) throw new Error('unreachable: there are two changes at least');
    const branch = targetBranch || first.sourceBranch;
    const common = others.every(
      ({ baseCommit, sourceBranch }) => baseCommit === first.baseCommit && sourceBranch === first.sourceBranch,
    );
    if (common && branch === first.sourceBranch && !fromTip) return { commit: first.baseCommit, branch };
    const { commit, branch: found } = await this.repositories.resolve({
      repositoryId: first.repositoryId,
      ref: branch === '' ? '' : `refs/heads/${branch}`,
    });
    return { commit, branch: found };
  }

  /** In the order that leaves least to be done again. */
  async suggest(changes: readonly ChangeEntity[]): Promise<ChangeEntity[]> {
    const levels = await this.levels(changes);
    const order = suggestOrder(
      changes.map(({ reviewState, additions, deletions }) => ({
        approved: reviewState === 'APPROVED',
        lines: additions + deletions,
      })),
      (a, b) => levels.get(pairKey(changes[a]?.id ?? '', changes[b]?.id ?? '')) ?? 'NONE',
    );
    return order.flatMap((index) => changes[index] ?? []);
  }

  /** Merges changes in this order onto a commit; nothing is kept of it. */
  merge(onto: string, order: readonly ChangeEntity[]): Promise<MergedInTurn> {
    return this.inDirectory(order[0]?.repositoryId ?? '', onto, false, (at) =>
      mergeInTurn(at, { onto, heads: order.map(({ headCommit }) => headCommit), date: DATE }),
    );
  }

  /** Lends a merge directory in which the base's attributes hold. */
  async inDirectory<T>(
    repositoryId: string,
    commit: string,
    keepObjects: boolean,
    work: (at: MergeDirectory) => Promise<T>,
  ): Promise<T> {
    const store = this.stores.directory(repositoryId);
    const attributes = await this.attributes.get(`${repositoryId} ${commit}`, () =>
      treeAttributes({ gitDir: store }, commit),
    );
    return withMergeDirectory({ store, commit, attributes, keepObjects }, work);
  }

  /** As they are on record for these heads; of what is not, git is asked whether it conflicts. */
  private async levels(changes: readonly ChangeEntity[]): Promise<ReadonlyMap<string, OverlapLevel>> {
    const levels = await knownLevels(this.dataSource.manager, changes);
    const missing = changes.flatMap((a, at) =>
      changes.slice(at + 1).flatMap((b) => (levels.has(pairKey(a.id, b.id)) ? [] : [[a, b] as const])),
    );
    const [first] = missing;
    if (first === undefined) return levels;
    const paths = new Map<string, ReadonlySet<string>>();
    for (const change of new Set(missing.flat())) {
      const files = await this.files.of(change.repositoryId, change.baseCommit, change.headCommit);
      paths.set(change.id, touchedPaths(files));
    }
    await this.inDirectory(first[0].repositoryId, first[0].baseCommit, false, (at) =>
      mergeMany(
        at,
        missing.map(([a, b]) => [a.headCommit, b.headCommit] as const),
        (index, outcome) => {
          const [a, b] = missing[index] ?? first;
          const shares = [...(paths.get(a.id) ?? [])].some((path) => paths.get(b.id)?.has(path) === true);
          levels.set(pairKey(a.id, b.id), levelOf(outcome, shares));
        },
      ),
    );
    return levels;
  }
}

function levelOf(outcome: PairOutcome, sharesFiles: boolean): OverlapLevel {
  if (outcome !== 'unknown' && !outcome.clean) return 'TEXTUAL';
  return sharesFiles || outcome === 'unknown' ? 'FILE' : 'NONE';
}

async function knownLevels(
  manager: EntityManager,
  changes: readonly ChangeEntity[],
): Promise<Map<string, OverlapLevel>> {
  const heads = new Map(changes.map(({ id, headCommit }) => [id, headCommit]));
  const ids = [...heads.keys()];
  const pairs = await manager.findBy(OverlapPairEntity, { changeA: In(ids), changeB: In(ids), basis: 'EXACT' });
  const levels = new Map<string, OverlapLevel>();
  for (const { changeA, changeB, headA, headB, level } of pairs) {
    if (changeA === null || changeB === null) continue;
    if (heads.get(changeA) === headA && heads.get(changeB) === headB) levels.set(pairKey(changeA, changeB), level);
  }
  return levels;
}

function pairKey(a: string, b: string): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`;
}
