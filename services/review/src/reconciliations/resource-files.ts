import { Injectable } from '@nestjs/common';
import { commitTree, mergeInTurn } from '@heddle/git';
import { pathGlob } from '@heddle/sandbox';
import { DataSource } from 'typeorm';
import { ChangeFiles } from '../changes/change-files.js';
import { GitStores } from '../git-store/git-stores.js';
import { createOnce } from '../git-store/own-refs.js';
import { policyOf } from '../policies/review-policy.js';
import type { RegenerationRule } from '../policies/review-policy.entity.js';
import { ReconciliationPlanner } from './reconciliation-planner.js';
import type { ReconciliationEntity, ReconciliationInputEntity, ReconciliationRung } from './reconciliation.entity.js';
import { inTurn } from './regeneration-command.js';
import { conflictingPaths, withPathsOf } from './settle-conflicts.js';

/** Files that a command of the repository makes from others: they need not merge, they are made anew. */
@Injectable()
export class ResourceFiles {
  constructor(
    private readonly dataSource: DataSource,
    private readonly planner: ReconciliationPlanner,
    private readonly files: ChangeFiles,
    private readonly stores: GitStores,
  ) {}

  /**
   * The rung on which they are, where that may help: nothing else conflicts, or all merge and two inputs touch one of them.
   * A repeat makes the same commit.
   * @param merged all inputs merge line by line, to this commit; undefined: they do not
   */
  async rung(
    row: ReconciliationEntity,
    inputs: readonly ReconciliationInputEntity[],
    merged: string | undefined,
  ): Promise<ReconciliationRung | undefined> {
    const { regeneration } = await policyOf(this.dataSource.manager, row.repositoryId);
    if (regeneration.length === 0) return undefined;
    const settled =
      merged === undefined
        ? await this.settle(row, inputs, regeneration)
        : { startCommit: merged, paths: await this.shared(row, inputs) };
    const rules = regeneration.filter((rule) => settled?.paths.some((path) => isOf(rule, path)) === true);
    if (settled === undefined || rules.length === 0) return undefined;
    return {
      step: 'REGENERATE',
      startCommit: settled.startCommit,
      command: inTurn(rules.map(({ command }) => command)),
    };
  }

  /** All inputs merged, with what was there before in each conflicting file; undefined where another file conflicts. */
  private async settle(
    row: ReconciliationEntity,
    inputs: readonly ReconciliationInputEntity[],
    rules: readonly RegenerationRule[],
  ): Promise<{ startCommit: string; paths: string[] } | undefined> {
    const { repositoryId, baseCommit, createTime: date } = row;
    const paths = new Set<string>();
    const { turns, tree } = await this.planner.inDirectory(repositoryId, baseCommit, true, (at) =>
      mergeInTurn(at, {
        onto: baseCommit,
        heads: inputs.map(({ headCommit }) => headCommit),
        date,
        settle: async (conflict, ours) => {
          const found = conflictingPaths(conflict);
          if (found === undefined) return undefined;
          if (![...found].every((path) => isMadeAnew(rules, path))) return undefined;
          for (const path of found) paths.add(path);
          return withPathsOf(at, conflict.tree, ours, found);
        },
      }),
    );
    if (turns.some(({ taken }) => !taken)) return undefined;
    const gitDir = this.stores.directory(repositoryId);
    const startCommit = await commitTree({ gitDir, tree, parents: [baseCommit], message: 'To be made anew', date });
    await createOnce(gitDir, `refs/heddle/reconciliations/${row.id}/regenerate`, startCommit);
    return { startCommit, paths: [...paths] };
  }

  /** Paths, as latin1, that more than one input touches. */
  private async shared(
    { repositoryId }: ReconciliationEntity,
    inputs: readonly ReconciliationInputEntity[],
  ): Promise<string[]> {
    const times = new Map<string, number>();
    for (const { baseCommit, headCommit } of inputs) {
      for (const file of await this.files.of(repositoryId, baseCommit, headCommit)) {
        const path = file.path.toString('latin1');
        times.set(path, (times.get(path) ?? 0) + 1);
      }
    }
    return [...times].filter(([, count]) => count > 1).map(([path]) => path);
  }
}

/** @param path as latin1 */
export function isMadeAnew(rules: readonly RegenerationRule[], path: string): boolean {
  return rules.some((rule) => isOf(rule, path));
}

function isOf({ paths }: RegenerationRule, path: string): boolean {
  return paths.some((glob) => pathGlob(glob)(path));
}
