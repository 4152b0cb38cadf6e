import type { Attempt, Batch, Change, Task } from '@heddle/sdk';
import { oneLine } from '../output/neutralise.js';
import { shortCommit, shortId } from '../output/short-id.js';
import { table, type Cell } from '../output/table.js';
import { ago, elapsed } from '../output/time.js';
import { attemptDetail } from './attempt-view.js';
import { checkSummary } from './check-view.js';
import { diffStat } from './diff-view.js';
import { statePaint } from './state-paint.js';
import type { ViewOptions } from './view-options.js';

export function batchList(batches: readonly Batch[], { style, columns, now }: ViewOptions): string[] {
  if (batches.length === 0) return ['There is no batch yet. Launch one: heddle batch create -f tasks.yaml'];
  return table(
    [
      { title: 'ID' },
      { title: 'STATE' },
      { title: 'ATTEMPTS', shrinks: true },
      { title: 'REF' },
      { title: 'BASE' },
      { title: 'CREATED' },
    ],
    batches.map((batch) => [
      { text: shortId(batch.id) },
      { text: batch.state, paint: statePaint(style, batch.state) },
      { text: counts(batch) },
      { text: batch.ref === '' ? '-' : batch.ref },
      { text: batch.baseCommit === undefined ? '-' : shortCommit(batch.baseCommit) },
      { text: ago(batch.createTime, now), paint: style.dim },
    ]),
    { columns, paintHead: style.dim },
  );
}

/** `Batch 1a2b3c4d  RUNNING  2 RUNNING, 1 QUEUED  base 0123456789  12s` */
export function batchHeadline(batch: Batch, { style, now }: ViewOptions): string {
  const base = batch.baseCommit === undefined ? '' : `base ${shortCommit(batch.baseCommit)}`;
  const why = [batch.statusDetail, batch.stateInfo?.message ?? ''].filter((word) => word !== '').join(': ');
  const parts = [
    `${style.bold('Batch')} ${shortId(batch.id)}`,
    statePaint(style, batch.state)(batch.state),
    oneLine(why),
    counts(batch),
    base,
    elapsed(batch.createTime, batch.endTime, now),
  ];
  return parts.filter((part) => part !== '').join('  ');
}

/** One row per attempt. With `changes`, their checks and sizes stand beside it. */
export function batchTable(batch: Batch, changes: readonly Change[], view: ViewOptions): string[] {
  const { style, columns, now } = view;
  const byAttempt = new Map(changes.map((change) => [change.attemptId, change]));
  const rows = batch.tasks.flatMap((task, index) =>
    (task.attempts.length === 0 ? [undefined] : task.attempts).map((attempt): Cell[] => {
      const change = attempt === undefined ? undefined : byAttempt.get(attempt.id);
      return [
        { text: String(index + 1), paint: style.dim },
        { text: shortId(attempt?.id ?? task.id) },
        { text: title(task, attempt) },
        state(style, attempt?.state ?? task.state),
        { text: attempt === undefined ? task.statusDetail : attemptDetail(attempt), paint: style.dim },
        { text: elapsed(attempt?.startTime, attempt?.endTime, now), paint: style.dim },
        { text: change === undefined ? '' : diffStat(change) },
        { text: checkSummary(change?.checks ?? []), paint: checkPaint(view, change) },
        reviewCell(view, attempt, change),
        { ...state(style, known(attempt?.landingState)) },
      ];
    }),
  );
  const head = ['#', 'ATTEMPT', 'TASK', 'STATE', 'DETAIL', 'TIME', 'DIFF', 'CHECKS', 'REVIEW', 'LANDING'];
  const used = head.map((_, column) => column < 4 || rows.some((row) => row[column]?.text !== ''));
  const keep = <T>(items: readonly T[]): T[] => items.filter((_, column) => used[column] === true);
  return table(
    keep(head.map((text) => ({ title: text, shrinks: text === 'TASK' || text === 'DETAIL' }))),
    rows.map((row) => keep(row)),
    { columns, paintHead: style.dim },
  );
}

function title(task: Task, attempt: Attempt | undefined): string {
  if (attempt === undefined || task.attempts.length < 2) return task.title;
  return `${task.title} (${[String(attempt.attemptNumber), attempt.variant].join(' ').trim()})`;
}

function state(style: ViewOptions['style'], word: string): Cell {
  return { text: word, paint: statePaint(style, word) };
}

/** Absence has a word on the wire and an empty cell on the screen. */
function known(word: string | undefined): string {
  return word === undefined || word === 'NONE' || word.endsWith('UNSPECIFIED') ? '' : word;
}

function reviewCell({ style }: ViewOptions, attempt: Attempt | undefined, change: Change | undefined): Cell {
  if (change === undefined && attempt?.changeId === undefined) return { text: '' };
  return state(style, known(change?.reviewState ?? attempt?.reviewState));
}

function checkPaint({ style }: ViewOptions, change: Change | undefined): (text: string) => string {
  return change?.checks.every((check) => check.state === 'PASSED') === true ? style.green : style.red;
}

function counts(batch: Batch): string {
  return Object.entries(batch.attemptCounts)
    .filter(([, count]) => count > 0)
    .map(([word, count]) => `${String(count)} ${oneLine(word)}`)
    .join(', ');
}
