import { Injectable } from '@nestjs/common';
import {
  commitTree,
  conflictVersions,
  hashBytes,
  mergeInTurn,
  readBlob,
  showPath,
  writeTree,
  type ConflictVersions,
  type FileVersion,
  type MergeDirectory,
  type MergeOutcome,
} from '@heddle/git';
import { DataSource } from 'typeorm';
import { GitStores } from '../git-store/git-stores.js';
import { createOnce } from '../git-store/own-refs.js';
import { policyOf } from '../policies/review-policy.js';
import { StructuralDriver } from '../structural-merge/structural-driver.js';
import type { ThreeVersions } from '../structural-merge/result-fault.js';
import { ReconciliationPlanner } from './reconciliation-planner.js';
import type {
  ReconciliationEntity,
  ReconciliationInputEntity,
  ReconciliationNote,
  ReconciliationRung,
} from './reconciliation.entity.js';
import { isMadeAnew } from './resource-files.js';

export interface StructuralToTry {
  readonly rungs: readonly ReconciliationRung[];
  readonly notes: readonly ReconciliationNote[];
}

/** A file that is there on all sides, as one kind of file. */
interface ConflictingFile {
  readonly path: Buffer;
  readonly mode: '100644' | '100755';
  readonly ids: Readonly<Record<keyof ThreeVersions, string>>;
}

/** What has been merged so far, and what ended it. */
interface Progress {
  readonly paths: Set<string>;
  failure?: ReconciliationNote;
}

type Conflict = Extract<MergeOutcome, { clean: false }>;

/** Of one reconciliation: each costs a process, and others wait. */
const MAX_FILES = 20;
const NOTHING: StructuralToTry = { rungs: [], notes: [] };

/** Has the operator's driver merge what git does not merge line by line. */
@Injectable()
export class StructuralRung {
  constructor(
    private readonly dataSource: DataSource,
    private readonly planner: ReconciliationPlanner,
    private readonly stores: GitStores,
    private readonly driver: StructuralDriver,
  ) {}

  /** The rung, where all that conflicts are contents and the driver merges each of the files; else, as far as it was asked, why not. */
  async of(row: ReconciliationEntity, inputs: readonly ReconciliationInputEntity[]): Promise<StructuralToTry> {
    if (this.driver.isOff) return NOTHING;
    const { repositoryId, baseCommit, createTime: date } = row;
    const { regeneration } = await policyOf(this.dataSource.manager, repositoryId);
    const progress: Progress = { paths: new Set() };
    let isOver = false;
    const { turns, tree } = await this.planner.inDirectory(repositoryId, baseCommit, true, (at) =>
      mergeInTurn(at, {
        onto: baseCommit,
        heads: inputs.map(({ headCommit }) => headCommit),
        date,
        settle: async (conflict, ours, theirs) => {
          const input = inputs.find(({ headCommit }) => headCommit === theirs);
          // What comes after one that is left out helps nobody.
          if (isOver || input === undefined) return undefined;
          const files = contentConflicts(conflict, await conflictVersions(at, ours, theirs)) ?? [];
          const isMerging =
            files.length > 0 && !files.some(({ path }) => isMadeAnew(regeneration, path.toString('latin1')));
          const settled = isMerging ? await this.merge(at, conflict.tree, files, input, progress) : undefined;
          isOver = settled === undefined;
          return settled;
        },
      }),
    );
    if (progress.failure !== undefined) return { rungs: [], notes: [progress.failure] };
    if (progress.paths.size === 0 || turns.some(({ taken }) => !taken)) return NOTHING;
    const driver = await this.driver.describe();
    const gitDir = this.stores.directory(repositoryId);
    const message = `Merged by ${driver}`;
    const startCommit = await commitTree({ gitDir, tree, parents: [baseCommit], message, date });
    // Another try may have merged otherwise: the row says which one it is.
    await createOnce(gitDir, `refs/heddle/reconciliations/${row.id}/structural/${startCommit}`, startCommit);
    return {
      rungs: [{ step: 'STRUCTURAL', startCommit, structural: { driver, paths: [...progress.paths] } }],
      notes: [],
    };
  }

  /** The tree with all of these files merged; undefined once one is not. */
  private async merge(
    at: MergeDirectory,
    tree: string,
    files: readonly ConflictingFile[],
    { changeId }: ReconciliationInputEntity,
    progress: Progress,
  ): Promise<string | undefined> {
    const edits: { kind: 'put'; path: Buffer; mode: ConflictingFile['mode']; id: string }[] = [];
    for (const file of files) {
      const { path, mode } = file;
      progress.paths.add(path.toString('latin1'));
      const merged = await this.mergeFile(at, file, progress.paths.size);
      if ('failed' in merged) {
        const message = `${showPath(path).path} is not merged by its structure: ${merged.failed}`;
        progress.failure = { step: 'STRUCTURAL', changeId, reason: 'DRIVER_FAILED', message };
        return undefined;
      }
      edits.push({ kind: 'put', path, mode, id: merged.id });
    }
    return writeTree({ ...at, base: tree, edits });
  }

  /** @param nth which of the reconciliation's files it is, from 1 */
  private async mergeFile(
    at: MergeDirectory,
    { path, ids }: ConflictingFile,
    nth: number,
  ): Promise<{ readonly id: string } | { readonly failed: string }> {
    if (nth > MAX_FILES) return { failed: `more than ${String(MAX_FILES)} files conflict` };
    const versions = await this.read(at, ids);
    if (versions === undefined) return { failed: `it has more than ${String(this.driver.maxFileBytes)} bytes` };
    const outcome = await this.driver.merge(path, versions);
    return outcome.kind === 'FAILED' ? { failed: outcome.reason } : { id: await hashBytes(at, outcome.result) };
  }

  private async read(at: MergeDirectory, ids: ConflictingFile['ids']): Promise<ThreeVersions | undefined> {
    const [base, ours, theirs] = await Promise.all(
      [ids.base, ids.ours, ids.theirs].map((id) => readBlob(at, id, this.driver.maxFileBytes)),
    );
    return base === undefined || ours === undefined || theirs === undefined ? undefined : { base, ours, theirs };
  }
}

/** The files in conflict; undefined where more than their contents is. */
function contentConflicts(
  { messages }: Conflict,
  conflicts: readonly ConflictVersions[],
): ConflictingFile[] | undefined {
  if (messages.some(({ type }) => type.startsWith('CONFLICT') && type !== 'CONFLICT (contents)')) return undefined;
  const files = conflicts.map(({ path, base, ours, theirs }) => {
    const mode = ours?.mode;
    const isAlike = (version: FileVersion | undefined): version is FileVersion => version?.mode === mode;
    if (mode !== '100644' && mode !== '100755') return undefined;
    if (!isAlike(base) || !isAlike(ours) || !isAlike(theirs)) return undefined;
    return { path, mode, ids: { base: base.id, ours: ours.id, theirs: theirs.id } } as const;
  });
  const all = files.filter((file) => file !== undefined);
  return all.length === files.length ? all : undefined;
}
