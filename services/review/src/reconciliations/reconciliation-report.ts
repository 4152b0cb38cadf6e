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
    { changeId, rungs, rung }: ReconciliationEntity,
    inputs: readonly ReconciliationInputEntity[],
  ): Promise<readonly (readonly ReportedPath[])[]> {
    if (changeId === null) return [];
    const change = await this.dataSource.manager.findOneByOrFail(ChangeEntity, { id: changeId });
    if (!maySeeFiles(change)) return [];
    const reports: ReportedPath[][] = [];
    const { dropped, startCommit = '' } = rungs[rung] ?? {};
    for (const { baseCommit, headCommit, position } of inputs) {
      const own = await this.files.of(change.repositoryId, baseCommit, headCommit);
      const result = await this.files.of(change.repositoryId, baseCommit, change.headCommit);
      const side =
        dropped?.position === position ? await this.files.of(change.repositoryId, baseCommit, startCommit) : [];
      const taken = side.filter(({ path }) => dropped?.paths.includes(path.toString('latin1')));
      reports.push(inputReport(pathFacts(own), pathFacts(result), pathFacts(taken)).slice(0, MAX_PATHS));
    }
    return reports;
  }
}

function pathFacts(files: readonly ChangedFile[]): PathFact[] {
  return files.flatMap(({ status, path, oldPath, mode, id }) => {
    const content = status === 'DELETED' ? undefined : `${mode ?? ''} ${id ?? ''}`;
    const now: PathFact = { path: showPath(path).path, content };
    return oldPath === undefined ? [now] : [now, { path: showPath(oldPath).path, content: undefined }];
  });
}
