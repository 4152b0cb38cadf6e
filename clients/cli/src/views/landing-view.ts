import type { Landing } from '@heddle/sdk';
import { oneLine } from '../output/neutralise.js';
import { shortCommit, shortId } from '../output/short-id.js';
import { table } from '../output/table.js';
import { ago } from '../output/time.js';
import { checkSummary } from './check-view.js';
import { statePaint } from './state-paint.js';
import type { ViewOptions } from './view-options.js';

export function landingTable(landings: readonly Landing[], { style, columns, now }: ViewOptions): string[] {
  if (landings.length === 0) return ['Nothing is landing. Put an approved change into the queue: heddle land <change>'];
  return table(
    [
      { title: 'ID' },
      { title: 'CHANGE' },
      { title: 'BRANCH', shrinks: true },
      { title: 'STATE' },
      { title: 'REASON' },
      { title: 'COMMIT' },
      { title: 'CREATED' },
    ],
    landings.map((landing) => [
      { text: shortId(landing.id) },
      { text: shortId(landing.changeId) },
      { text: landing.targetBranch },
      { text: landing.state, paint: statePaint(style, landing.state) },
      { text: landing.reason, paint: style.dim },
      { text: landing.landedCommit === undefined ? '-' : shortCommit(landing.landedCommit) },
      { text: ago(landing.createTime, now), paint: style.dim },
    ]),
    { columns, paintHead: style.dim },
  );
}

/** One landing with its outcome: the commit, or why not and in which files. */
export function landingLines(landing: Landing, title: string, { style }: ViewOptions): string[] {
  const where = landing.landedCommit === undefined ? landing.reason : shortCommit(landing.landedCommit);
  const head = [
    statePaint(style, landing.state)(landing.state.padEnd(10)),
    oneLine(title),
    oneLine(`→ ${landing.targetBranch}`),
    style.dim(oneLine([where, checkSummary(landing.checks)].filter((word) => word !== '').join('  '))),
  ].join('  ');
  // Of a conflict the files say it all.
  const message =
    landing.message === '' || landing.conflictPaths.length > 0
      ? []
      : [style.dim(`            ${oneLine(landing.message)}`)];
  const paths = landing.conflictPaths.map((path) => `            conflict in ${style.red(oneLine(path))}`);
  const page = landing.pullRequest?.url ?? '';
  const { reconciliationId } = landing;
  return [
    head.trimEnd(),
    ...(page === '' ? [] : [`            ${oneLine(page)}`]),
    ...message,
    ...paths,
    ...(reconciliationId === undefined ? [] : [`            reconciled by ${shortId(reconciliationId)}`]),
  ];
}
