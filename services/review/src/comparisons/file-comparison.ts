import { Injectable } from '@nestjs/common';
import { ComparedFile, ComparedFile_Kind, type ComparedRegion } from '@heddle/contracts';
import { compareEdits, type EditedRegion } from '@heddle/domain';
import { filePatches, parseHunks, readBlob, showPath, type ChangedFile, type Hunk } from '@heddle/git';
import { textEdits, toDiffHunk } from '../changes/diff-hunks.js';
import { GitStores } from '../git-store/git-stores.js';
import type { FilePair } from './pair-files.js';

export interface ComparisonView {
  readonly repositoryId: string;
  readonly base: string;
  /** Heads. */
  readonly first: string;
  readonly second: string;
  readonly ignoreWhitespace: boolean;
}

const FILE_BYTES = 512 * 1024;
const CONTEXT_LINES = 3;

/** Sets the two states of one file side by side. */
@Injectable()
export class FileComparison {
  constructor(private readonly stores: GitStores) {}

  async of(view: ComparisonView, pair: FilePair): Promise<ComparedFile> {
    const { first, second } = pair;
    const binary = first?.binary === true || second?.binary === true;
    const shown = ComparedFile.fromPartial({
      ...showPath(pair.path),
      kind: ComparedFile_Kind[pair.kind],
      ...namedOtherwise('firstPath', pair.path, first),
      ...namedOtherwise('secondPath', pair.path, second),
      binary,
    });
    if (first === undefined || second === undefined || pair.kind !== 'DIFFERENT' || binary) return shown;
    const [ofFirst, ofSecond] = [
      await this.hunks(view, view.base, view.first, first, 0),
      await this.hunks(view, view.base, view.second, second, 0),
    ];
    const between = await this.between(view, first, second);
    const base = await this.baseLines(view, first);
    if (ofFirst === undefined || ofSecond === undefined || base === undefined) return { ...shown, tooLarge: true };
    const regions = compareEdits(textEdits(ofFirst), textEdits(ofSecond), (line) => base[line - 1] ?? '');
    return { ...shown, regions: regions.map(toRegion), hunks: (between ?? []).map(toDiffHunk) };
  }

  /** What leads from one to the other, also where they call it differently; undefined where git sees two files in them. */
  private async between(
    view: ComparisonView,
    first: ChangedFile,
    second: ChangedFile,
  ): Promise<readonly Hunk[] | undefined> {
    // One does not have it: there is nothing to lead to.
    if (first.id === undefined || second.id === undefined || first.id === second.id) return [];
    const file = first.path.equals(second.path)
      ? { ...second, oldPath: undefined }
      : { ...second, oldPath: first.path, status: 'RENAMED' as const };
    return this.hunks(view, view.first, view.second, file, CONTEXT_LINES);
  }

  private async hunks(
    view: ComparisonView,
    from: string,
    to: string,
    { oldPath, ...file }: Omit<ChangedFile, 'oldPath'> & { readonly oldPath?: Buffer | undefined },
    context: number,
  ): Promise<readonly Hunk[] | undefined> {
    const [patch] = await filePatches({
      gitDir: this.stores.directory(view.repositoryId),
      base: from,
      head: to,
      files: [oldPath === undefined ? file : { ...file, oldPath }],
      context,
      ignoreWhitespace: view.ignoreWhitespace,
      maxBytesPerFile: FILE_BYTES,
      maxBytes: FILE_BYTES,
    });
    return patch?.kind === 'TEXT' ? parseHunks(patch.patch) : undefined;
  }

  private async baseLines(view: ComparisonView, { oldId }: ChangedFile): Promise<readonly string[] | undefined> {
    if (oldId === undefined) return [];
    const content = await readBlob({ gitDir: this.stores.directory(view.repositoryId) }, oldId, 8 * FILE_BYTES);
    return content?.toString('utf8').split('\n');
  }
}

function namedOtherwise<K extends string>(
  key: K,
  path: Buffer,
  file: ChangedFile | undefined,
): Partial<Record<K, string>> {
  if (file === undefined || file.status === 'DELETED' || file.path.equals(path)) return {};
  return { [key]: showPath(file.path).path } as Record<K, string>;
}

function toRegion({ kind, start, base, first, second }: EditedRegion): ComparedRegion {
  return {
    kind: ComparedFile_Kind[kind],
    baseStart: start,
    baseLines: [...base],
    firstLines: [...first],
    secondLines: [...second],
  };
}
