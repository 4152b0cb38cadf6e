import type { Change, ChangedFile, FileDiff } from '@heddle/sdk';
import { neutralise, oneLine } from '../output/neutralise.js';
import { shortCommit, shortId } from '../output/short-id.js';
import type { Style } from '../output/style.js';
import { table } from '../output/table.js';
import { statePaint } from './state-paint.js';
import type { ViewOptions } from './view-options.js';

/** `2 files +10 -3` */
export function diffStat({ empty, stats }: Pick<Change, 'empty' | 'stats'>): string {
  if (empty || stats === undefined) return empty ? 'no changes' : '';
  return `${String(stats.files)} ${stats.files === 1 ? 'file' : 'files'} +${String(stats.additions)} -${String(stats.deletions)}`;
}

export function changeHeadline(change: Change, { style }: ViewOptions): string {
  const parts = [
    `${style.bold('Change')} ${shortId(change.id)}`,
    oneLine(change.title),
    `${shortCommit(change.baseCommit)}..${shortCommit(change.headCommit)}`,
    diffStat(change),
    statePaint(style, change.reviewState)(change.reviewState),
    change.partial ? style.red('PARTIAL') : '',
  ];
  return parts.filter((part) => part !== '').join('  ');
}

export function noticeLines(change: Change, { style }: ViewOptions): string[] {
  return change.notices.map(({ reason, path, message }) =>
    style.yellow(oneLine(`${reason}${path === '' ? '' : ` ${path}`}${message === '' ? '' : `: ${message}`}`)),
  );
}

export function fileTable(files: readonly ChangedFile[], { style, columns }: ViewOptions): string[] {
  if (files.length === 0) return ['Nothing was changed.'];
  return table(
    [
      { title: 'STATUS' },
      { title: '+', align: 'right' },
      { title: '-', align: 'right' },
      { title: 'FILE', shrinks: true },
    ],
    files.map((file) => [
      { text: file.status, paint: style.dim },
      { text: file.binary ? 'bin' : String(file.additions), paint: style.green },
      { text: file.binary ? 'bin' : String(file.deletions), paint: style.red },
      { text: file.oldPath === undefined ? file.path : `${file.oldPath} → ${file.path}` },
    ]),
    { columns, paintHead: style.dim },
  );
}

/** The diff of one file as git prints it, coloured and harmless. */
export function fileDiffLines(diff: FileDiff, { style }: ViewOptions): string[] {
  const path = oneLine(diff.file?.path ?? '');
  if (diff.tooLarge) return [style.bold(path), style.yellow('  too large to show: heddle diff --patch has all of it')];
  if (diff.patch === '')
    return [style.bold(path), style.dim(diff.file?.binary === true ? '  binary file' : '  no change of text')];
  const lines = neutralise(diff.patch).replace(/\n$/, '').split('\n');
  const firstHunk = lines.findIndex((line) => line.startsWith('@@'));
  return lines.map((line, index) => paintLine(style, line, firstHunk === -1 || index < firstHunk));
}

function paintLine(style: Style, line: string, isHead: boolean): string {
  if (isHead) return style.bold(line);
  if (line.startsWith('@@')) return style.cyan(line);
  if (line.startsWith('+')) return style.green(line);
  if (line.startsWith('-')) return style.red(line);
  return line;
}
