import type { GitLocation } from '../process/environment.js';
import { startGit } from '../process/start-git.js';
import { DIFF_FLAGS, FIND_RENAMES } from './changed-files.js';
import { parseHunks, type Hunk, type HunkLine } from './hunks.js';
import { nameOf, rawRecords, readCapped, splitSections } from './patch.js';

/** Neighbouring lines that were replaced. A side without lines names the line before. */
export interface LineHunk {
  /** From 1. */
  readonly oldStart: number;
  readonly oldLines: readonly string[];
  readonly newStart: number;
  readonly newLines: readonly string[];
}

export interface LineChanges {
  /** The hunks of one file as `changedFiles` names it; undefined where they were not read: a binary file, or beyond the limit. */
  of(path: Buffer, oldPath?: Buffer): readonly LineHunk[] | undefined;
}

/** The lines that differ between two commits, of all files in one process, up to so many bytes of patch. */
export async function lineChanges(
  at: GitLocation,
  base: string,
  head: string,
  maxBytes: number,
  signal?: AbortSignal,
): Promise<LineChanges> {
  const git = startGit(
    ['diff-tree', ...DIFF_FLAGS, ...FIND_RENAMES, '-z', '--raw', '-p', '-U0', '--end-of-options', base, head],
    { ...at, signal },
  );
  git.stdin.end();
  const read = await readCapped(git, maxBytes);
  const whole = read.output.length <= maxBytes;
  const output = read.output.subarray(0, maxBytes);
  const { records, end } = rawRecords(output);
  const patches = splitSections(output.subarray(end));
  const hunks = new Map<string, readonly LineHunk[]>();
  for (const { name, status } of records) {
    const own = patches.splice(0, status === 'T' ? 2 : 1);
    // What was cut off in the middle is not known.
    if (own.length === 0 || (!whole && patches.length === 0)) break;
    const found = own.flatMap((patch) => parseHunks(patch)).map(lineHunk);
    if (found.length > 0) hunks.set(name, found);
  }
  return { of: (path, oldPath) => hunks.get(nameOf(path, oldPath)) };
}

function lineHunk({ oldStart, newStart, lines }: Hunk): LineHunk {
  const of = (kind: HunkLine['kind']): string[] =>
    lines.filter((line) => line.kind === kind).map(({ text }) => text.toString('utf8'));
  return { oldStart, oldLines: of('REMOVED'), newStart, newLines: of('ADDED') };
}
