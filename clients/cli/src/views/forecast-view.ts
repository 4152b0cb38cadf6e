import type { Forecast } from '@heddle/sdk';
import { oneLine } from '../output/neutralise.js';
import { shortId } from '../output/short-id.js';
import { table } from '../output/table.js';
import { ago } from '../output/time.js';
import { statePaint } from './state-paint.js';
import type { ViewOptions } from './view-options.js';

type Pair = Forecast['pairs'][number];
type Task = Forecast['tasks'][number];

const MAX_FILES = 5;

/** What each task is expected to touch, what that says of the pairs, and what came of it. */
export function forecastView(forecast: Forecast, view: ViewOptions): string[] {
  const { style } = view;
  const { id, ref, baseCommit, tasks, complete } = forecast;
  return [
    `${style.bold('Forecast')} ${shortId(id)}  ${oneLine(ref)} at ${baseCommit.slice(0, 10)}`,
    ...(complete ? [] : [style.yellow('The repository is large: not all of it was looked through in time.')]),
    ...tasks.flatMap((task, at) => ['', `${String(at + 1)} ${oneLine(task.title)}`, ...taskLines(task, view)]),
    '',
    ...pairLines(forecast, view),
    ...scoreLines(forecast),
  ];
}

function taskLines({ files }: Task, { style }: ViewOptions): string[] {
  if (files.length === 0) return [style.dim('  nothing of the repository was found in its words')];
  const shown = files.slice(0, MAX_FILES).map(({ path, weight, signs }) => {
    const why = signs.map(({ kind, word }) => signText(kind, word)).join(', ');
    return `  ${percent(weight).padStart(4)}  ${oneLine(path)}  ${style.dim(oneLine(why))}`;
  });
  const more = files.length - MAX_FILES;
  return more > 0 ? [...shown, style.dim(`        and ${String(more)} more`)] : shown;
}

function signText(kind: Task['files'][number]['signs'][number]['kind'], word: string): string {
  switch (kind) {
    case 'NAMED':
      return `named: ${word}`;
    case 'DECLARED':
      return 'declared';
    case 'FILE_NAME':
      return `called so: ${word}`;
    case 'TEXT':
      return `has the word ${word}`;
    case 'HISTORY':
      return `changes with ${word}`;
    default:
      return word;
  }
}

const WORDS: Readonly<Record<Pair['advice'], string>> = {
  MERGE: 'merge these two: they are about the same files',
  SEQUENCE: 'sequence these: begin the second when the first has landed',
  INDEPENDENT: 'independent',
  UNKNOWN: 'nothing can be said',
  ADVICE_UNSPECIFIED: 'nothing can be said',
};
const ORDER: readonly Pair['advice'][] = ['MERGE', 'SEQUENCE', 'UNKNOWN'];

function pairLines({ pairs, batchId }: Forecast, { style, columns }: ViewOptions): string[] {
  const told = ORDER.flatMap((advice) => pairs.filter((pair) => pair.advice === advice));
  const independent = pairs.length - told.length;
  const rest = independent === 0 ? [] : [style.dim(`${count(independent, 'pair')} of tasks can work at once.`)];
  if (told.length === 0) return rest;
  const rows = told.map((pair) => [
    { text: pair.tasks.map((at) => String(at + 1)).join(' × ') },
    { text: pair.advice, paint: statePaint(style, pair.advice) },
    { text: WORDS[pair.advice] },
    { text: pair.files.map(fileText).join(', ') },
    ...(batchId === undefined ? [] : [{ text: pair.actualLevel ?? '-' }]),
  ]);
  const heads = [
    { title: 'TASKS' },
    { title: 'ADVICE' },
    { title: '', shrinks: true },
    { title: 'BOTH TOUCH', shrinks: true },
    ...(batchId === undefined ? [] : [{ title: 'CAME' }]),
  ];
  return [...table(heads, rows, { columns, paintHead: style.dim }), ...rest];
}

function fileText({ path, recentEdits }: Pair['files'][number]): string {
  return recentEdits === 0 ? path : `${path} (${count(recentEdits, 'commit')} in 90 days)`;
}

function scoreLines({ batchId, score, settled, pairs }: Forecast): string[] {
  if (batchId === undefined) return [];
  if (score === undefined) {
    const isCompared = pairs.some(({ actualLevel }) => actualLevel !== undefined);
    const why = isCompared
      ? 'nothing was foretold of the pairs that were compared, so there is no score.'
      : settled
        ? 'no two of its tasks made changes, so there is no score.'
        : 'no two of its changes are compared yet.';
    return ['', `Batch ${shortId(batchId)}: ${why}`];
  }
  const { rightPairs, foretoldPairs, overlappedPairs, missedPairs, judgedPairs } = score;
  return [
    '',
    `Batch ${shortId(batchId)}${settled ? '' : ', so far'}: of ${count(judgedPairs, 'pair')} ${String(foretoldPairs)} foretold, ${String(overlappedPairs)} overlapped, ${String(rightPairs)} both.`,
    `Precision ${ratio(score.precision)}, recall ${ratio(score.recall)}, ${String(missedPairs)} missed at ENTITY or above.`,
  ];
}

export function forecastTable(forecasts: readonly Forecast[], { style, columns, now }: ViewOptions): string[] {
  if (forecasts.length === 0) return ['No forecasts yet. Make one: heddle batch plan -f FILE'];
  return table(
    [
      { title: 'FORECAST' },
      { title: 'TASKS', align: 'right' },
      { title: 'BATCH' },
      { title: 'PRECISION', align: 'right' },
      { title: 'RECALL', align: 'right' },
      { title: 'MADE' },
    ],
    forecasts.map(({ id, tasks, batchId, score, createTime }) => [
      { text: shortId(id) },
      { text: String(tasks.length) },
      { text: batchId === undefined ? '-' : shortId(batchId) },
      { text: ratio(score?.precision) },
      { text: ratio(score?.recall) },
      { text: ago(createTime, now), paint: style.dim },
    ]),
    { columns, paintHead: style.dim },
  );
}

function ratio(value: number | undefined): string {
  return value === undefined ? '-' : percent(value);
}

function percent(value: number): string {
  return `${String(Math.round(value * 100))}%`;
}

function count(number: number, noun: string): string {
  return `${String(number)} ${noun}${number === 1 ? '' : 's'}`;
}
