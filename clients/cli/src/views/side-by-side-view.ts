import type { ComparedFile, ComparedRegion, Comparison } from '@heddle/sdk';
import { neutralise, oneLine } from '../output/neutralise.js';
import { shortCommit, shortId } from '../output/short-id.js';
import type { Style } from '../output/style.js';
import type { ViewOptions } from './view-options.js';

const MARKS = { ONLY_FIRST: 'A', ONLY_SECOND: 'B', SAME: '=', DIFFERENT: '≠', KIND_UNSPECIFIED: '?' } as const;

/** Two changes, file by file and place by place: what only A does, what only B does, what both do. */
export function sideBySide({ first, second, stats, files }: Comparison, view: ViewOptions): string[] {
  const { style } = view;
  return [
    `${style.cyan('A')} ${sideName(first)}`,
    `${style.yellow('B')} ${sideName(second)}`,
    stats === undefined
      ? ''
      : `Files: ${String(stats.onlyFirst)} only in A, ${String(stats.onlySecond)} only in B, ${String(stats.same)} alike, ${String(stats.different)} different`,
    '',
    ...files.map((file) => `${paintOf(style, file.kind)(MARKS[file.kind])} ${names(file)}`),
    ...files.filter(({ kind }) => kind === 'DIFFERENT').flatMap((file) => fileLines(file, view)),
  ];
}

function sideName(side: Comparison['first']): string {
  if (side === undefined) return '';
  const { changeId, attemptId, headCommit } = side;
  const name = changeId === undefined ? `attempt ${shortId(attemptId)}` : `change ${shortId(changeId)}`;
  return `${name} at ${shortCommit(headCommit)}`;
}

function names({ path, firstPath, secondPath }: ComparedFile): string {
  const moved = [
    firstPath === undefined ? '' : `A: ${firstPath}`,
    secondPath === undefined ? '' : `B: ${secondPath}`,
  ].filter((name) => name !== '');
  return oneLine(moved.length === 0 ? path : `${path} (${moved.join(', ')})`);
}

function fileLines(file: ComparedFile, view: ViewOptions): string[] {
  const { style } = view;
  const said = file.binary ? 'binary file' : file.tooLarge ? 'too large to show' : 'no difference of text';
  return [
    '',
    style.bold(`━━ ${names(file)}`),
    ...(file.regions.length === 0
      ? [style.dim(`  ${said}`)]
      : file.regions.flatMap((region) => regionLines(region, view))),
  ];
}

function regionLines(region: ComparedRegion, { style }: ViewOptions): string[] {
  const { kind, baseStart, baseLines, firstLines, secondLines } = region;
  const place = baseLines.length === 0 ? `behind line ${String(baseStart)}` : `line ${String(baseStart)}`;
  const block = (mark: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [`${mark} ${style.dim('(nothing)')}`] : lines.map((line) => `${mark} ${neutralise(line)}`);
  const first = block(style.cyan('A'), firstLines);
  const second = block(style.yellow('B'), secondLines);
  return [
    style.cyan(`@@ ${place}, ${WORDS[kind]}`),
    ...baseLines.map((line) => style.red(`- ${neutralise(line)}`)),
    ...(kind === 'SAME' ? block(style.green('='), firstLines) : []),
    ...(kind === 'ONLY_FIRST' || kind === 'DIFFERENT' ? first : []),
    ...(kind === 'ONLY_SECOND' || kind === 'DIFFERENT' ? second : []),
  ];
}

const WORDS = {
  ONLY_FIRST: 'only A',
  ONLY_SECOND: 'only B',
  SAME: 'both alike',
  DIFFERENT: 'both, differently',
  KIND_UNSPECIFIED: '',
} as const;

function paintOf(style: Style, kind: ComparedFile['kind']) {
  if (kind === 'SAME') return style.green;
  return kind === 'DIFFERENT' ? style.red : style.dim;
}
