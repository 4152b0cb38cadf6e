import type { Runner } from '@heddle/sdk';
import { oneLine } from '../output/neutralise.js';
import { shortId } from '../output/short-id.js';
import { table } from '../output/table.js';
import { ago } from '../output/time.js';
import { statePaint } from './state-paint.js';
import type { ViewOptions } from './view-options.js';

export function runnerLines(runners: readonly Runner[], { style, columns, now }: ViewOptions): string[] {
  if (runners.length === 0)
    return ['No runner has reported itself yet. One does within seconds of its start: npm start, or look at its log.'];
  const lines = table(
    [
      { title: 'ID' },
      { title: 'STATE' },
      { title: 'POOL' },
      { title: 'SLOTS', align: 'right' },
      { title: 'SANDBOX' },
      { title: 'FILES' },
      { title: 'SEEN' },
    ],
    runners.map((runner) => [
      { text: shortId(runner.id) },
      { text: runner.state, paint: statePaint(style, runner.state) },
      { text: runner.pool },
      { text: `${String(runner.used)}/${String(runner.slots)}` },
      { text: `${runner.driver} ${runner.boundary}`.trim() || '-' },
      { text: runner.fileSystem || '-' },
      { text: ago(runner.lastSeenTime, now), paint: style.dim },
    ]),
    { columns, paintHead: style.dim },
  );
  return [
    ...lines,
    ...runners.flatMap(({ id, failedProbes }) =>
      failedProbes.map((probe) => style.red(`${shortId(id)} refuses work: ${oneLine(probe)}`)),
    ),
    ...runners
      .filter(({ drainTime, state }) => drainTime !== undefined && state === 'ACTIVE')
      .map(({ id }) => style.dim(`${shortId(id)} is to drain, and has not heard of it yet`)),
    ...runners
      .filter(({ missing }) => missing.length > 0)
      .map(({ id, missing }) => style.dim(`The boundary of ${shortId(id)} is without: ${oneLine(missing.join(', '))}`)),
  ];
}
