import { Injectable } from '@nestjs/common';
import type { ReconcileInput } from '@heddle/contracts/internal';
import { filePatches, mergeOne, readBlob, showPath } from '@heddle/git';
import { ChangeFiles } from '../changes/change-files.js';
import { GitStores } from '../git-store/git-stores.js';
import type { ReconciliationEntity, ReconciliationInputEntity } from './reconciliation.entity.js';
import { ReconciliationPlanner } from './reconciliation-planner.js';

/** Of all patches, and of all conflicts, together: a task's prompt has at most 256 KiB. */
const PATCH_BYTES = 120 * 1024;
const CONFLICT_BYTES = 60 * 1024;
const CONFLICTING_FILES = 20;

/** Gathers what an agent has to know of changes that do not merge. */
@Injectable()
export class ReconcileBrief {
  constructor(
    private readonly planner: ReconciliationPlanner,
    private readonly files: ChangeFiles,
    private readonly stores: GitStores,
  ) {}

  async of(row: ReconciliationEntity, inputs: readonly ReconciliationInputEntity[]): Promise<ReconcileInput[]> {
    const briefs: ReconcileInput[] = [];
    const open = inputs.filter(({ merged }) => !merged).length;
    for (const input of inputs) {
      briefs.push({
        taskId: input.taskId,
        title: input.title,
        attemptId: input.attemptId,
        merged: input.merged,
        patch: row.step !== 'AGENT' ? '' : await this.patch(row, input, Math.floor(PATCH_BYTES / inputs.length)),
        conflict:
          row.step !== 'AGENT' || input.merged
            ? ''
            : await this.conflict(row, input, Math.floor(CONFLICT_BYTES / open)),
      });
    }
    return briefs;
  }

  private async patch(
    { repositoryId }: ReconciliationEntity,
    { baseCommit, headCommit }: ReconciliationInputEntity,
    maxBytes: number,
  ): Promise<string> {
    const files = await this.files.of(repositoryId, baseCommit, headCommit);
    const patches = await filePatches({
      gitDir: this.stores.directory(repositoryId),
      base: baseCommit,
      head: headCommit,
      files,
      maxBytesPerFile: Math.min(maxBytes, 64 * 1024),
      maxBytes,
    });
    const shown = files.map((file, index) => {
      const patch = patches[index];
      if (patch?.kind === 'TEXT' && !file.binary) return patch.patch.toString('utf8');
      return `[${file.status.toLowerCase()}, not shown here] ${showPath(file.path).path}\n`;
    });
    return shown.join('').slice(0, maxBytes);
  }

  /** Git's words, and each file as a merge leaves it: with both sides between markers. */
  private async conflict(
    row: ReconciliationEntity,
    input: ReconciliationInputEntity,
    maxBytes: number,
  ): Promise<string> {
    const words = input.conflicts.map(({ type, path, message }) => `${type}: ${message === '' ? path : message}`);
    const files = await this.planner.inDirectory(row.repositoryId, row.baseCommit, false, async (at) => {
      const outcome = await mergeOne(at, row.startCommit ?? row.baseCommit, input.headCommit);
      const texts: string[] = [];
      for (const bytes of outcome.clean ? [] : outcome.paths.slice(0, CONFLICTING_FILES)) {
        const { path, pathBytes } = showPath(bytes);
        // A name that git can't be asked for has its words alone.
        const odd = pathBytes !== undefined || path.includes('\n');
        const text = odd ? undefined : await readBlob(at, `${outcome.tree}:${path}`, maxBytes);
        if (text !== undefined && !text.includes(0)) texts.push(`### ${path}\n\n${text.toString('utf8')}`);
      }
      return texts;
    });
    let left = maxBytes;
    const shown = files.filter((text) => (left -= Buffer.byteLength(text)) >= 0);
    return [words.join('\n'), ...shown].join('\n\n');
  }
}
