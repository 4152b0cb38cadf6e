import { createHash } from 'node:crypto';
import { languageOf } from '@heddle/code';
import { resourceKind, type ResourceKindOf, type TouchedPath } from '@heddle/domain';
import { showPath, type Footprint, type LineHunk, type RawFile } from '@heddle/git';
import type { EntityChanges } from './entity-changes.js';

/** What a change does to one file. */
export interface FileFacts {
  /** Where the base has it, or else where the change puts it: by that two changes of it meet. */
  readonly path: string;
  readonly headPath: string;
  /** Of its language; undefined: of none that is known. */
  readonly family?: string;
  /** Undefined where it did not parse, or was not to be read. */
  readonly entities?: EntityChanges;
  /** Words that it uses more often than before. */
  readonly addedWords: ReadonlySet<string>;
  readonly addedLines: readonly (readonly [first: number, count: number])[];
  /** The file's content in the head. */
  readonly headId?: string;
}

/** All that comparing a change with others takes, of the change alone. */
export interface ChangeFacts {
  readonly commit: string;
  readonly treeId: string;
  readonly parents: readonly string[];
  /** All names that it touches, of renames both, readable. */
  readonly paths: ReadonlySet<string>;
  readonly touched: readonly TouchedPath[];
  readonly footprint: Footprint;
  /** By new names the old ones. */
  readonly renames: ReadonlyMap<string, string>;
  /** Equal for changes that do the same: spaces and places do not count, nor what is made from the rest. Empty: it does nothing. */
  readonly digest: string;
  readonly files: readonly FileFacts[];
}

/** All names that a change touches, of renames both, readable. */
export function touchedPaths(files: readonly RawFile[]): ReadonlySet<string> {
  return new Set(
    files
      .flatMap((file) => [file.path, ...(file.oldPath === undefined ? [] : [file.oldPath])])
      .map((path) => showPath(path).path),
  );
}

export function fileFacts(
  file: RawFile,
  hunks: readonly LineHunk[] | undefined,
  entities: EntityChanges | undefined,
): FileFacts {
  const headPath = showPath(file.path).path;
  const family = languageOf(headPath)?.family;
  return {
    path: file.oldPath === undefined ? headPath : showPath(file.oldPath).path,
    headPath,
    ...(family === undefined ? {} : { family }),
    ...(entities === undefined ? {} : { entities }),
    addedWords: family === undefined || hunks === undefined ? new Set() : addedWords(hunks),
    addedLines: (hunks ?? []).map(({ newStart, newLines }) => [newStart, newLines.length] as const),
    ...(file.id === undefined ? {} : { headId: file.id }),
  };
}

const WORD = /[\p{L}_$][\p{L}\p{N}_$]*/gu;

function addedWords(hunks: readonly LineHunk[]): Set<string> {
  const counts = new Map<string, number>();
  const count = (lines: readonly string[], by: number): void => {
    for (const [word] of lines.join('\n').matchAll(WORD)) counts.set(word, (counts.get(word) ?? 0) + by);
  };
  for (const { oldLines, newLines } of hunks) {
    count(oldLines, -1);
    count(newLines, 1);
  }
  return new Set([...counts].filter(([, more]) => more > 0).map(([word]) => word));
}

/** @param hunksOf those of a file; undefined where its lines are not known */
export function changeDigest(
  files: readonly RawFile[],
  hunksOf: (file: RawFile) => readonly LineHunk[] | undefined,
  kindOf: ResourceKindOf = resourceKind,
): string {
  const meant = files.filter((file) => !isMade(kindOf(showPath(file.path).path)));
  const parts = (meant.length > 0 ? meant : files).map((file) => {
    const hunks = hunksOf(file);
    const content =
      hunks === undefined
        ? [file.oldId ?? '', file.id ?? '', file.mode ?? '']
        : hunks.flatMap(({ oldLines, newLines }) => [...normalised('-', oldLines), ...normalised('+', newLines)]);
    return [showPath(file.oldPath ?? file.path).path, showPath(file.path).path, file.status, ...content].join('\n');
  });
  return parts.length === 0 ? '' : createHash('sha256').update(parts.sort().join('\0')).digest('hex');
}

/** A lock file or generated code follows from something else. */
function isMade(kind: ReturnType<ResourceKindOf>): boolean {
  return kind === 'LOCK_FILE' || kind === 'GENERATED';
}

function normalised(sign: string, lines: readonly string[]): string[] {
  return lines
    .map((line) => line.replace(/\s+/g, ''))
    .filter((line) => line !== '')
    .map((line) => sign + line);
}
