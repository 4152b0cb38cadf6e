import type { Attempt, Task } from '@heddle/sdk';
import { neutralise, oneLine } from '../output/neutralise.js';
import { shortId } from '../output/short-id.js';
import { table } from '../output/table.js';
import { ago, elapsed } from '../output/time.js';
import { agentName, agentText, attemptDetail, usageTable } from './attempt-view.js';
import { statePaint } from './state-paint.js';
import type { ViewOptions } from './view-options.js';

export function taskList(tasks: readonly Task[], { style, columns, now }: ViewOptions): string[] {
  if (tasks.length === 0) return ['There is no task yet. Launch one: heddle run --prompt TEXT -- COMMAND'];
  return table(
    [
      { title: 'ID' },
      { title: 'TITLE', shrinks: true },
      { title: 'STATE' },
      { title: 'DETAIL' },
      { title: 'BATCH' },
      { title: 'CREATED' },
    ],
    tasks.map((task) => [
      { text: shortId(task.id) },
      { text: task.title },
      { text: task.state, paint: statePaint(style, task.state) },
      { text: task.statusDetail, paint: style.dim },
      { text: shortId(task.batchId) },
      { text: ago(task.createTime, now), paint: style.dim },
    ]),
    { columns, paintHead: style.dim },
  );
}

export function taskDetails(task: Task, view: ViewOptions): string[] {
  const { style } = view;
  const field = (name: string, value: string): string[] =>
    value === '' ? [] : [`${style.dim(name.padEnd(11))} ${value}`];
  return [
    `${style.bold('Task')} ${task.id}  ${statePaint(style, task.state)(task.state)}`,
    ...field('title', oneLine(task.title)),
    ...field('batch', task.batchId),
    ...field('base', task.baseCommit ?? ''),
    ...field('detail', oneLine(task.statusDetail)),
    ...field('mode', task.mode === 'CODE' ? '' : task.mode),
    ...field('agent', oneLine(agentText(task.agent))),
    ...field('stops', task.earlyStop ? 'with the first attempt that passes every check' : ''),
    ...field('checks', oneLine(task.checks.map(({ name }) => name).join(', '))),
    '',
    ...attemptTable(task, view),
    ...usageTable(task.attempts, view),
    '',
    style.dim('prompt'),
    ...neutralise(task.prompt)
      .trimEnd()
      .split('\n')
      .map((line) => `  ${line}`),
  ];
}

/** What its attempts answered, each by its number where there are several. */
export function answerLines({ attempts }: Task, { style }: Pick<ViewOptions, 'style'>): string[] {
  return attempts.flatMap(({ attemptNumber, state, answer }) => {
    if (state !== 'COMPLETED') return [];
    const title = attempts.length > 1 ? [style.dim(`attempt ${String(attemptNumber)}`)] : [];
    return [...title, ...neutralise(answer).trimEnd().split('\n')];
  });
}

/** `codex: CODEX large-1`, as far as it tells the attempts of a task apart. */
function makerOf({ variant, agent }: Attempt): string {
  return [variant, agentName(agent)].filter((word) => word !== '').join(': ');
}

function attemptTable(task: Task, { style, columns, now }: ViewOptions): string[] {
  const isMixed = task.attempts.some((attempt) => makerOf(attempt) !== '');
  const lines = table(
    [
      { title: 'ATTEMPT' },
      ...(isMixed ? [{ title: 'VARIANT', shrinks: true }] : []),
      { title: 'STATE' },
      { title: 'DETAIL', shrinks: true },
      { title: 'EXIT', align: 'right' },
      { title: 'TIME' },
      { title: 'CHANGE' },
      { title: 'SANDBOX' },
    ],
    task.attempts.map((attempt) => [
      { text: shortId(attempt.id) },
      ...(isMixed ? [{ text: makerOf(attempt) }] : []),
      { text: attempt.state, paint: statePaint(style, attempt.state) },
      { text: attemptDetail(attempt) },
      { text: attempt.exitCode === undefined ? '-' : String(attempt.exitCode) },
      { text: elapsed(attempt.startTime, attempt.endTime, now) },
      { text: attempt.changeId === undefined ? '-' : shortId(attempt.changeId) },
      { text: attempt.sandbox === undefined ? '-' : `${attempt.sandbox.driver} ${attempt.sandbox.boundary}` },
    ]),
    { columns, paintHead: style.dim },
  );
  // Not in the table: what npm said of an install would make it as wide as that.
  const reasons = task.attempts.flatMap(({ id, stateInfo }) =>
    stateInfo === undefined || stateInfo.message === '' ? [] : [`${shortId(id)}: ${oneLine(stateInfo.message)}`],
  );
  const missing = [...new Set(task.attempts.flatMap((attempt) => attempt.sandbox?.missing ?? []))];
  return [
    ...lines,
    ...reasons,
    ...(missing.length === 0 ? [] : [style.dim(`The boundary is without: ${missing.join(', ')}`)]),
  ];
}
