import { Injectable } from '@nestjs/common';
import type { Notice } from '@heddle/contracts';
import { commitTree, filesWithMarkers, isAncestor, showPath } from '@heddle/git';
import { DataSource } from 'typeorm';
import type { CheckpointName } from '../git-store/ref-names.js';
import { GitStores } from '../git-store/git-stores.js';
import { createOnce } from '../git-store/own-refs.js';
import { subject } from '../landings/landing-message.js';
import { ReconciliationEntity, type ReconciliationInputEntity } from './reconciliation.entity.js';
import { inputsOf } from './reconciliation-rows.js';

/** What a checkpoint of a reconcile task's attempt is as a change: one commit with all inputs as parents. */
export interface ReconciledResult {
  readonly commit: string;
  readonly ref: string;
  /** One for each file in which conflict markers were left. */
  readonly notices: readonly Notice[];
}

/** A captured tree of a task. */
export interface CapturedTree extends CheckpointName {
  readonly taskId: string;
  readonly treeId: string;
}

export const CONFLICT_MARKERS = 'CONFLICT_MARKERS';
const MAX_NOTICES = 100;

/** Makes the commits that are the results of reconciliations. */
@Injectable()
export class ReconciledResults {
  constructor(
    private readonly dataSource: DataSource,
    private readonly stores: GitStores,
  ) {}

  /** Undefined for trees of other tasks. A repeat makes the same commit. */
  async of(captured: CapturedTree): Promise<ReconciledResult | undefined> {
    const { manager } = this.dataSource;
    const row = await manager.findOneBy(ReconciliationEntity, { taskId: captured.taskId });
    if (row === null) return undefined;
    const inputs = await inputsOf(manager, row.id);
    const gitDir = this.stores.directory(row.repositoryId);
    const commit = await commitTree({
      gitDir,
      tree: captured.treeId,
      parents: await this.parents(gitDir, row, inputs),
      message: `Reconcile ${String(inputs.length)} changes\n\n${inputs.map(({ title }) => `- ${subject(title)}`).join('\n')}\n\nHeddle-Reconciliation: ${row.id}\n`,
      date: row.createTime,
    });
    const ref = `refs/heddle/reconciliations/${row.id}/${captured.attemptId}/${captured.fence}/${String(captured.number)}`;
    await createOnce(gitDir, ref, commit);
    return { commit, ref, notices: await this.markers(gitDir, commit, row, inputs) };
  }

  /** The base is one of them only where no input has it in its history. */
  private async parents(
    gitDir: string,
    { baseCommit }: ReconciliationEntity,
    inputs: readonly ReconciliationInputEntity[],
  ): Promise<string[]> {
    const heads = inputs.map(({ headCommit }) => headCommit);
    for (const head of heads) if (await isAncestor({ gitDir }, baseCommit, head)) return heads;
    return [baseCommit, ...heads];
  }

  /** Of files that had them before nobody asks to be rid of them: they may be a test's samples. */
  private async markers(
    gitDir: string,
    commit: string,
    { baseCommit }: ReconciliationEntity,
    inputs: readonly ReconciliationInputEntity[],
  ): Promise<Notice[]> {
    const found = await filesWithMarkers({ gitDir }, commit);
    if (found.length === 0) return [];
    const known = new Set<string>();
    for (const before of [baseCommit, ...inputs.map(({ headCommit }) => headCommit)])
      for (const path of await filesWithMarkers({ gitDir }, before)) known.add(path.toString('latin1'));
    return found
      .filter((path) => !known.has(path.toString('latin1')))
      .slice(0, MAX_NOTICES)
      .map((path) => ({
        reason: CONFLICT_MARKERS,
        path: showPath(path).path,
        message: 'Conflict markers were left in it: the result can be read, not landed',
      }));
  }
}
