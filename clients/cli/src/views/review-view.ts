import type { Change, DiffHunk, DiffLine, FileDiff, OverlapPair } from '@heddle/sdk';
import { neutralise, oneLine } from '../output/neutralise.js';
import { shortId } from '../output/short-id.js';
import { checkSummary } from './check-view.js';
import { threadLines, threadPlace, type Thread } from './comment-view.js';
import { changeHeadline, noticeLines } from './diff-view.js';
import { statePaint } from './state-paint.js';
import type { ViewOptions } from './view-options.js';

/** What a reviewer knows before the first line: state, checks, overlaps, threads. */
export function reviewHead(
  change: Change,
  overlaps: readonly OverlapPair[],
  threads: readonly Thread[],
  view: ViewOptions,
): string[] {
  const { style } = view;
  const open = threads.filter(({ first }) => first.state === 'OPEN').length;
  const checks = checkSummary(change.checks);
  return [
    changeHeadline(change, view),
    ...noticeLines(change, view),
    ...(checks === '' ? [] : [`Checks: ${oneLine(checks)}`]),
    ...overlaps.map((pair) => overlapLine(change, pair, view)),
    ...(threads.length === 0
      ? []
      : [`Threads: ${style.yellow(`${String(open)} open`)}, ${String(threads.length - open)} resolved`]),
  ];
}

function overlapLine(change: Change, pair: OverlapPair, { style }: ViewOptions): string {
  const others = pair.changeIds.filter((id) => id !== change.id).map(shortId);
  const paths = pair.paths.slice(0, 3).map(oneLine).join(', ');
  return `Overlap: ${statePaint(style, pair.level)(pair.level)} with change ${others.join(', ')}  ${style.dim(paths)}`;
}

/** One file with its hunks and, below the lines that they are about, its threads. */
export function reviewFile(diff: FileDiff, threads: readonly Thread[], view: ViewOptions): string[] {
  const { style } = view;
  const open = [...threads];
  /** The threads that fit, each of them once. */
  const taken = (fits: (thread: Thread) => boolean): string[] => {
    const found = open.filter(fits);
    for (const thread of found) open.splice(open.indexOf(thread), 1);
    return found.flatMap((thread) => threadLines(thread, view));
  };
  const lines = [
    '',
    fileHead(diff, view),
    ...taken(({ first }) => first.position?.state !== 'OUTDATED' && first.anchor?.startLine === 0),
    ...(diff.hunks.length === 0 ? [style.dim(`  ${withoutHunks(diff)}`)] : []),
  ];
  const width = numberWidth(diff.hunks);
  for (const hunk of diff.hunks) {
    lines.push(
      style.cyan(oneLine(`@@ -${String(hunk.oldStart)} +${String(hunk.newStart)} @@ ${hunk.section}`.trimEnd())),
    );
    for (const { line, old, now } of numbered(hunk)) {
      lines.push(lineOf(line, old, now, width, view));
      lines.push(...taken((thread) => isBelow(thread, old, now)));
    }
  }
  for (const thread of open) lines.push(style.bold(`  ${threadPlace(thread)}`), ...threadLines(thread, view, true));
  return lines;
}

function fileHead({ file }: FileDiff, { style }: ViewOptions): string {
  if (file === undefined) return '';
  const path = file.oldPath === undefined ? file.path : `${file.oldPath} → ${file.path}`;
  const counts = file.binary
    ? 'binary'
    : `${style.green(`+${String(file.additions)}`)} ${style.red(`-${String(file.deletions)}`)}`;
  const modes =
    file.mode !== '' && file.oldMode !== '' && file.mode !== file.oldMode ? ` ${file.oldMode} → ${file.mode}` : '';
  return `${style.bold(`━━ ${oneLine(path)}`)}  ${style.dim(file.status)}${modes}  ${counts}`;
}

function withoutHunks(diff: FileDiff): string {
  if (diff.tooLarge) return 'too large to show: heddle diff --patch has all of it';
  return diff.file?.binary === true ? 'binary file' : 'no change of text';
}

interface NumberedLine {
  readonly line: DiffLine;
  /** Undefined where the line is not on that side. */
  readonly old: number | undefined;
  readonly now: number | undefined;
}

function numbered(hunk: DiffHunk): NumberedLine[] {
  let [old, now] = [hunk.oldStart, hunk.newStart];
  return hunk.lines.map((line) => ({
    line,
    old: line.kind === 'ADDED' ? undefined : old++,
    now: line.kind === 'REMOVED' ? undefined : now++,
  }));
}

function numberWidth(hunks: readonly DiffHunk[]): number {
  const last = hunks.at(-1);
  return last === undefined ? 1 : String(Math.max(last.oldStart + last.oldLines, last.newStart + last.newLines)).length;
}

function lineOf(
  line: DiffLine,
  old: number | undefined,
  now: number | undefined,
  width: number,
  { style }: ViewOptions,
): string {
  const numbers = [old, now].map((number) => String(number ?? '').padStart(width)).join(' ');
  const sign = { ADDED: '+', REMOVED: '-' }[line.kind as string] ?? ' ';
  const paint = { '+': style.green, '-': style.red, ' ': (text: string) => text }[sign] ?? String;
  const marks = [line.moved ? '  ⇄ moved' : '', line.withoutNewline ? '  ⏎ no line break at the end' : ''].join('');
  return `${style.dim(numbers)} ${paint(`${sign} ${neutralise(line.text)}`)}${style.dim(marks)}`;
}

function isBelow({ first: { anchor, position } }: Thread, old: number | undefined, now: number | undefined): boolean {
  if (anchor === undefined || position?.state !== 'CURRENT' || position.endLine === 0) return false;
  return position.endLine === (anchor.side === 'OLD' ? old : now);
}
