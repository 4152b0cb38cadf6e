import type { Attempt, Change, Task } from '@heddle/sdk';
import { oneLine } from '../output/neutralise.js';
import { shortId } from '../output/short-id.js';
import { table } from '../output/table.js';
import { elapsed } from '../output/time.js';
import { blocks, checkSummary } from './check-view.js';
import { diffStat } from './diff-view.js';
import { agentName } from './attempt-view.js';
import { statePaint } from './state-paint.js';
import type { ViewOptions } from './view-options.js';

/** The attempts at a task as rows, and what to do with the best. */
export function comparison(task: Task, changes: readonly Change[], view: ViewOptions): string[] {
  const { style, columns, now } = view;
  const byAttempt = new Map(changes.map((change) => [change.attemptId, change]));
  const rows = task.attempts.map((attempt) => ({ attempt, change: byAttempt.get(attempt.id) }));
  return [
    `${style.bold('Task')} ${shortId(task.id)}  ${oneLine(task.title)}  ${statePaint(style, task.state)(task.state)}`,
    ...table(
      [
        { title: '#', align: 'right' },
        { title: 'ATTEMPT' },
        { title: 'VARIANT' },
        { title: 'AGENT', shrinks: true },
        { title: 'STATE' },
        { title: 'DETAIL', shrinks: true },
        { title: 'CHECKS' },
        { title: 'DIFF' },
        { title: 'TIME', align: 'right' },
        { title: 'TOKENS', align: 'right' },
        { title: 'REVIEW' },
        { title: 'LANDING' },
      ],
      rows.map(({ attempt, change }) => [
        { text: String(attempt.attemptNumber), paint: style.dim },
        { text: shortId(attempt.id) },
        { text: attempt.variant === '' ? '-' : attempt.variant },
        { text: agentName(attempt.agent ?? task.agent) },
        { text: attempt.state, paint: statePaint(style, attempt.state) },
        { text: attempt.statusDetail, paint: style.dim },
        { text: checkSummary(change?.checks ?? []) || '-', paint: checkPaint(view, change) },
        { text: change === undefined ? '-' : diffStat(change) },
        { text: elapsed(attempt.startTime, attempt.endTime, now) || '-' },
        { text: tokens(attempt) },
        { text: change === undefined ? '-' : change.reviewState, paint: statePaint(style, attempt.reviewState) },
        { text: attempt.landingState === 'NONE' ? '-' : attempt.landingState },
      ]),
      { columns, paintHead: style.dim },
    ),
    ...nextSteps(rows),
  ];
}

/** `1200 in, 80 out`; a dash where the agent tells none. */
function tokens({ modelUsage }: Attempt): string {
  return modelUsage === undefined ? '-' : `${modelUsage.inputTokens} in, ${modelUsage.outputTokens} out`;
}

function checkPaint({ style }: ViewOptions, change: Change | undefined): (text: string) => string {
  return change?.checks.some(blocks) === true ? style.red : style.green;
}

function nextSteps(rows: readonly { readonly attempt: Attempt; readonly change: Change | undefined }[]): string[] {
  const landed = rows.find(({ attempt }) => attempt.landingState === 'LANDED');
  if (landed !== undefined)
    return [
      '',
      `Attempt ${String(landed.attempt.attemptNumber)} has landed: the others can't land on the same branch.`,
    ];
  const good = rows.filter(
    ({ attempt, change }) =>
      attempt.state === 'COMPLETED' && change?.empty === false && !change.partial && !change.checks.some(blocks),
  );
  const [best, ...others] = good;
  if (best === undefined) return [];
  const word = best.change?.checks.length === 0 ? 'Completed, and no check says more' : 'Passed everything';
  const ids = good.map(({ attempt }) => shortId(attempt.id));
  if (others.length > 0)
    return ['', `${word}: ${ids.join(', ')}. Which is better: heddle rank ${shortId(best.attempt.taskId)}`];
  const [id = ''] = ids;
  return ['', `${word}: ${id}. heddle diff ${id}, heddle approve ${id}, heddle land ${id}`];
}
