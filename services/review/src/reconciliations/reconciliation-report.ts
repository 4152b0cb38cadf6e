import { Injectable } from '@nestjs/common';
import { inputReport, type PathFact, type ReportedPath } from '@heddle/domain';
import { showPath, type ChangedFile } from '@heddle/git';
import { DataSource } from 'typeorm';
import { ChangeEntity } from '../changes/change.entity.js';
import { ChangeFiles } from '../changes/change-files.js';
import { maySeeFiles } from '../changes/secret-in-change.js';
import type { ReconciliationEntity, ReconciliationInputEntity } from './reconciliation.entity.js';

/** More paths of an input than that go into no answer. */
const MAX_PATHS = 1_000;

/** What became of each input in the result as it is now; read from git each time, for a further turn may move it. */
@Injectable()
export class ReconciliationReport {
  constructor(
    private readonly dataSource: DataSource,
    private readonly files: ChangeFiles,
  ) {}

  /** In the order of the inputs; empty before there is a result, and where the caller may not see its files. */
  async of(
    row: ReconciliationEntity,
    inputs: readonly ReconciliationInputEntity[],
  ): Promise<readonly (readonly ReportedPath[])[]> {
    if (row.changeId === null) return [];
    const change = await this.dataSource.manager.findOneByOrFail(ChangeEntity, { id: row.changeId });
    if (!maySeeFiles(change)) return [];
    const reports = await this.outcomes(row, inputs, change);
    return reports.map((paths) => paths.slice(0, MAX_PATHS));
  }

  /** Inputs that did not merge, and of which an agent has put nothing into its result. */
  async absent(
    row: ReconciliationEntity,
    inputs: readonly ReconciliationInputEntity[],
    result: ChangeEntity,
  ): Promise<ReconciliationInputEntity[]> {
    const reports = await this.outcomes(row, inputs, result);
    return inputs.filter(
      (input, index) =>
        isLeftToAgent(row, input) && reports[index]?.every(({ outcome }) => outcome === 'DROPPED') === true,
    );
  }

  private async outcomes(
    row: ReconciliationEntity,
    inputs: readonly ReconciliationInputEntity[],
    { repositoryId, headCommit: resultCommit }: ChangeEntity,
  ): Promise<ReportedPath[][]> {
    const reports: ReportedPath[][] = [];
    const { dropped } = row.rungs[row.rung] ?? {};
    for (const input of inputs) {
      const { baseCommit, headCommit } = input;
      const isDropped = dropped?.position === input.position;
      const began =
        isDropped || isLeftToAgent(row, input)
          ? await this.files.of(repositoryId, baseCommit, row.startCommit ?? row.baseCommit)
          : [];
      const taken = isDropped ? began.filter(({ path }) => dropped.paths.includes(path.toString('latin1'))) : began;
      const own = await this.files.of(repositoryId, baseCommit, headCommit);
      const result = await this.files.of(repositoryId, baseCommit, resultCommit);
      reports.push(inputReport(pathFacts(own), pathFacts(result), pathFacts(taken)));
    }
    return reports;
  }
}

/** An agent's work tree began without it. */
function isLeftToAgent({ step }: ReconciliationEntity, { merged }: ReconciliationInputEntity): boolean {
  return step === 'AGENT' && !merged;
}

function pathFacts(files: readonly ChangedFile[]): PathFact[] {
  return files.flatMap(({ status, path, oldPath, mode, id }) => {
    const content = status === 'DELETED' ? undefined : `${mode ?? ''} ${id ?? ''}`;
    const now: PathFact = { path: showPath(path).path, content };
    return oldPath === undefined ? [now] : [now, { path: showPath(oldPath).path, content: undefined }];
  });
}
