import type { GitLocation } from '../process/environment.js';
import { startGit } from '../process/start-git.js';
import { DIFF_FLAGS, FIND_RENAMES, rawFiles, wasBrokenOff, type RawFile } from './changed-files.js';
import { parseHunks, type Hunk, type HunkLine } from './hunks.js';
import { nameOf, readCapped, splitSections } from './patch.js';

/** Neighbouring lines that were replaced. A side without lines names the line before. */
export interface LineHunk {
  /** From 1. */
  readonly oldStart: number;
  readonly oldLines: readonly string[];
  readonly newStart: number;
  readonly newLines: readonly string[];
}

export interface LineChanges {
  /** All that differ, in path order; undefined where even their names were beyond the limit, or took git too long. */
  readonly files: readonly RawFile[] | undefined;
  /** The hunks of one file as `changedFiles` names it; undefined where they were not read: a binary file, or beyond the limit. */
  of(path: Buffer, oldPath?: Buffer): readonly LineHunk[] | undefined;
}

/** The files that differ between two commits, and their lines, in one process and up to so many bytes of output. */
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
  const read = await readCapped(git, maxBytes).catch((error: unknown) => {
    if (!wasBrokenOff(error)) throw error;
  });
  if (read === undefined) return { files: undefined, of: () => undefined };
  const whole = read.output.length <= maxBytes;
  const output = read.output.subarray(0, maxBytes);
  const { files, end } = rawFiles(output);
  // A NUL stands between the names and the patches.
  const allNamed = whole || output[end] === 0;
  const patches = splitSections(output.subarray(end + 1));
  const hunks = new Map<string, readonly LineHunk[]>();
  for (const { path, oldPath, status } of files) {
    const own = patches.splice(0, status === 'TYPE_CHANGED' ? 2 : 1);
    // What was cut off in the middle is not known.
    if (own.length === 0 || (!whole && patches.length === 0)) break;
    const found = own.flatMap((patch) => parseHunks(patch)).map(lineHunk);
    if (found.length > 0) hunks.set(nameOf(path, oldPath), found);
  }
  return { files: allNamed ? files : undefined, of: (path, oldPath) => hunks.get(nameOf(path, oldPath)) };
}

function lineHunk({ oldStart, newStart, lines }: Hunk): LineHunk {
  const of = (kind: HunkLine['kind']): string[] =>
    lines.filter((line) => line.kind === kind).map(({ text }) => text.toString('utf8'));
  return { oldStart, oldLines: of('REMOVED'), newStart, newLines: of('ADDED') };
}
