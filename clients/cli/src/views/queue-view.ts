import type { Landing, LandingQueue } from '@heddle/sdk';
import { oneLine } from '../output/neutralise.js';
import { shortCommit, shortId } from '../output/short-id.js';
import { table } from '../output/table.js';
import { ago } from '../output/time.js';
import { statePaint } from './state-paint.js';
import type { ViewOptions } from './view-options.js';

export function queueTable(queues: readonly LandingQueue[], { style, columns }: ViewOptions): string[] {
  if (queues.length === 0)
    return ['No landing queue yet. A branch has one from its first landing on: heddle land <change>'];
  return table(
    [
      { title: 'ID' },
      { title: 'BRANCH', shrinks: true },
      { title: 'STATE' },
      { title: 'WAITING' },
      { title: 'STYLE' },
      { title: 'WHY', shrinks: true },
    ],
    queues.map((queue) => [
      { text: shortId(queue.id) },
      { text: queue.branch },
      { text: queue.state, paint: statePaint(style, queue.state) },
      { text: String(queue.waitingCount) },
      { text: queue.style },
      { text: why(queue), paint: style.dim },
    ]),
    { columns, paintHead: style.dim },
  );
}

/** A queue with its settings, and what waits in it, in its order. */
export function queueLines(queue: LandingQueue, waiting: readonly Landing[], view: ViewOptions): string[] {
  const { style, columns, now } = view;
  const reason = why(queue);
  const settings = [
    `window ${String(queue.windowMax)}`,
    queue.batchMax === 1 ? 'each tested by itself' : `batches up to ${String(queue.batchMax)}`,
    `checks of the last ${String(queue.landedChecks)} landed`,
    queue.retryFlakes ? 'red checks run twice' : 'no retry',
    queue.style.toLowerCase(),
    ...(queue.delivery === 'PULL_REQUEST' ? ['by pull request'] : []),
    ...(queue.reconcileEjected ? [`conflicts reconciled, ${String(queue.roundsMax)} rounds`] : []),
    queue.returnToAuthor ? `back to the author, ${String(queue.roundsMax)} rounds` : 'no way back to the author',
  ];
  const head = [
    `${oneLine(queue.branch)}  ${statePaint(style, queue.state)(queue.state)}${reason === '' ? '' : `  ${reason}`}`,
    style.dim(settings.join(', ')),
  ];
  if (waiting.length === 0) return [...head, 'Nothing waits.'];
  const rows = table(
    [
      { title: '#' },
      { title: 'LANDING' },
      { title: 'CHANGE' },
      { title: 'TITLE', shrinks: true },
      { title: 'STATE' },
      { title: 'PRIORITY' },
      { title: 'REASON', shrinks: true },
      { title: 'SINCE' },
    ],
    waiting.map((landing) => [
      { text: landing.queuePosition === undefined ? '-' : String(landing.queuePosition) },
      { text: shortId(landing.id) },
      {
        text:
          landing.revertsLandingId === undefined
            ? shortId(landing.changeId)
            : `revert ${shortId(landing.revertsLandingId)}`,
      },
      { text: landing.title },
      { text: landing.state, paint: statePaint(style, landing.state) },
      { text: landing.priority === 1 ? '1 fast' : String(landing.priority) },
      { text: landing.reason, paint: style.dim },
      { text: ago(landing.createTime, now), paint: style.dim },
    ]),
    { columns, paintHead: style.dim },
  );
  return [...head, '', ...rows];
}

/** What landed last, and what fell out, the newest first. */
export function settledLines(settled: readonly Landing[], { style }: ViewOptions): string[] {
  return settled.map((landing) => {
    const what = landing.landedCommit === undefined ? landing.reason : shortCommit(landing.landedCommit);
    return `${statePaint(style, landing.state)(landing.state.padEnd(10))}  ${shortId(landing.id)}  ${oneLine(landing.title)}  ${style.dim(what)}`;
  });
}

function why({ reason, message, pausedBy }: LandingQueue): string {
  const by = pausedBy === '' ? '' : ` by ${pausedBy}`;
  return reason === '' ? '' : oneLine(`${reason}${by}${message === '' ? '' : `: ${message}`}`);
}
