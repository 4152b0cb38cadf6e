import { Injectable } from '@nestjs/common';
import { commitTree, mergeInTurn } from '@heddle/git';
import { ChangeFiles } from '../changes/change-files.js';
import { GitStores } from '../git-store/git-stores.js';
import { createOnce } from '../git-store/own-refs.js';
import type { TestPolicy } from '../ranking/test-policy.js';
import { IntentProof } from './intent-proof.js';
import { ReconciliationPlanner } from './reconciliation-planner.js';
import type {
  ReconciliationEntity,
  ReconciliationInputEntity,
  ReconciliationNote,
  ReconciliationRung,
} from './reconciliation.entity.js';
import { conflictingPaths, withPathsOf } from './settle-conflicts.js';

interface Settled {
  readonly startCommit: string;
  /** As latin1. */
  readonly paths: ReadonlySet<string>;
  /** Of the input that conflicts. */
  readonly position: number;
}

export interface SidesToTry {
  readonly rungs: readonly ReconciliationRung[];
  readonly notes: readonly ReconciliationNote[];
}

/** Takes one side's lines where another's tests say whether they do what that one was for. */
@Injectable()
export class SideRungs {
  constructor(
    private readonly planner: ReconciliationPlanner,
    private readonly files: ChangeFiles,
    private readonly stores: GitStores,
    private readonly proof: IntentProof,
  ) {}

  /** What was there first, then what comes later; each only where the side that it drops has tests. A repeat makes the same commits. */
  async of(row: ReconciliationEntity, inputs: readonly ReconciliationInputEntity[]): Promise<SidesToTry> {
    const rungs: ReconciliationRung[] = [];
    const notes: ReconciliationNote[] = [];
    const [first] = inputs;
    if (first === undefined) return { rungs, notes };
    const policy = await this.proof.policyOf(first);
    for (const side of ['first', 'later'] as const) {
      const settled = await this.settle(row, inputs, policy, side);
      const dropped = settled && (await this.droppedOf(row, inputs, settled, side));
      if (settled === undefined || dropped === undefined) continue;
      const { position, changeId } = dropped;
      if (await this.proof.hasTests(row, dropped, inputs))
        rungs.push({
          step: 'TAKE_SIDE',
          startCommit: settled.startCommit,
          dropped: { position, paths: [...settled.paths] },
        });
      else
        notes.push({
          ...{ step: 'TAKE_SIDE', changeId, reason: 'NO_TESTS' },
          message: 'its lines are not dropped: it adds or changes no test that no other input touches',
        });
    }
    return { rungs, notes };
  }

  /** All inputs merged, one side in the files in which the one conflict is; undefined where there are more, or it is in a test. */
  private async settle(
    row: ReconciliationEntity,
    inputs: readonly ReconciliationInputEntity[],
    { isTest }: TestPolicy,
    side: 'first' | 'later',
  ): Promise<Settled | undefined> {
    const { repositoryId, baseCommit, createTime: date } = row;
    const found: ReadonlySet<string>[] = [];
    const { turns, tree } = await this.planner.inDirectory(repositoryId, baseCommit, true, (at) =>
      mergeInTurn(at, {
        onto: baseCommit,
        heads: inputs.map(({ headCommit }) => headCommit),
        date,
        settle: async (conflict, ours, theirs) => {
          const paths = conflictingPaths(conflict);
          if (paths === undefined || found.length > 0 || [...paths].some(isTest)) return undefined;
          found.push(paths);
          return withPathsOf(at, conflict.tree, side === 'first' ? ours : theirs, paths);
        },
      }),
    );
    const [paths] = found;
    if (paths === undefined || turns.some(({ taken }) => !taken)) return undefined;
    const gitDir = this.stores.directory(repositoryId);
    const startCommit = await commitTree({ gitDir, tree, parents: [baseCommit], message: 'One side', date });
    await createOnce(gitDir, `refs/heddle/reconciliations/${row.id}/${side}`, startCommit);
    return { startCommit, paths, position: turns.findIndex(({ outcome }) => outcome.clean !== true) };
  }

  /** The one input whose lines in these files are not taken; undefined where they are of several, or of the branch. */
  private async droppedOf(
    row: ReconciliationEntity,
    inputs: readonly ReconciliationInputEntity[],
    { paths, position }: Settled,
    side: 'first' | 'later',
  ): Promise<ReconciliationInputEntity | undefined> {
    const conflicting = inputs[position];
    if (side === 'first' || conflicting === undefined) return conflicting;
    if (await this.touches(row, conflicting.baseCommit, row.baseCommit, paths)) return undefined;
    const touching: ReconciliationInputEntity[] = [];
    for (const input of inputs.filter((each) => each.position !== position))
      if (await this.touches(row, input.baseCommit, input.headCommit, paths)) touching.push(input);
    return touching.length === 1 ? touching[0] : undefined;
  }

  private async touches(
    { repositoryId }: ReconciliationEntity,
    from: string,
    to: string,
    paths: ReadonlySet<string>,
  ): Promise<boolean> {
    const files = from === to ? [] : await this.files.of(repositoryId, from, to);
    return files.some(({ path }) => paths.has(path.toString('latin1')));
  }
}
