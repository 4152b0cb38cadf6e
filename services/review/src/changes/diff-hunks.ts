import { isUtf8 } from 'node:buffer';
import { DiffLine_Kind, type DiffHunk, type DiffLine, type FileDiff } from '@heddle/contracts';
import { movedLines, type LineEdit, type TextEdit } from '@heddle/domain';
import type { Hunk, HunkLine } from '@heddle/git';

export function toDiffHunk(hunk: Hunk): DiffHunk {
  const { oldStart, oldLines, newStart, newLines } = hunk;
  return {
    oldStart,
    oldLines,
    newStart,
    newLines,
    section: hunk.section.toString('utf8'),
    lines: hunk.lines.map(toDiffLine),
  };
}

function toDiffLine({ kind, text, withoutNewline }: HunkLine): DiffLine {
  return {
    kind: DiffLine_Kind[kind],
    text: text.toString('utf8'),
    ...(isUtf8(text) ? {} : { raw: Buffer.from(text) }),
    moved: false,
    withoutNewline,
  };
}

/** Marks the lines that were moved between or within these files. */
export function markMoved(files: readonly FileDiff[]): void {
  const hunks = files.flatMap((file) => file.hunks);
  const moved = movedLines(
    hunks.map(({ lines }) =>
      lines.map(({ kind, text }) => ({ kind: kind === DiffLine_Kind.KIND_UNSPECIFIED ? 'CONTEXT' : kind, text })),
    ),
  );
  moved.forEach((indexes, hunk) => {
    for (const index of indexes) {
      const line = hunks[hunk]?.lines[index];
      if (line !== undefined) line.moved = true;
    }
  });
}

/** The edits of hunks that have no unchanged lines. */
export function lineEdits(hunks: readonly Hunk[]): LineEdit[] {
  return hunks.map(({ oldStart, oldLines, newStart, newLines }) => ({ oldStart, oldLines, newStart, newLines }));
}

/** The same, with what is put in place. */
export function textEdits(hunks: readonly Hunk[]): TextEdit[] {
  return hunks.map(({ oldStart, oldLines, lines }) => ({
    oldStart,
    oldLines,
    lines: lines.filter(({ kind }) => kind === 'ADDED').map(({ text }) => text.toString('utf8')),
  }));
}
