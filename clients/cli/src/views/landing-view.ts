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
      { title: 'TITLE', shrinks: true },
      { title: 'BRANCH', shrinks: true },
      { title: 'STATE' },
      { title: 'REASON' },
      { title: 'COMMIT' },
      { title: 'CREATED' },
    ],
    landings.map((landing) => [
      { text: shortId(landing.id) },
      { text: shortId(landing.changeId) },
      { text: landing.title },
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
export function landingLines(landing: Landing, { style }: ViewOptions): string[] {
  const where = landing.landedCommit === undefined ? landing.reason : shortCommit(landing.landedCommit);
  const head = [
    statePaint(style, landing.state)(landing.state.padEnd(10)),
    shortId(landing.id),
    oneLine(landing.title),
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

/** What to do next about one that fell out; empty where there is nothing to do. */
export function landingSteps({ id, changeId, state, reason, reconciliationId }: Landing): string[] {
  if (state !== 'CONFLICTED' && state !== 'EJECTED') return [];
  if (reconciliationId !== undefined)
    return [`${shortId(id)}  it is being reconciled: heddle reconcile wait ${shortId(reconciliationId)}`];
  const onto = `bring it onto the branch as it is now: heddle reconcile create --from-tip ${shortId(changeId)}`;
  const printed = `what its checks printed: heddle logs ${shortId(id)}`;
  const mend = `have its agent mend it: heddle request-changes ${shortId(changeId)} -m TEXT`;
  const steps: Readonly<Record<string, readonly string[]>> = {
    CONFLICT: [onto],
    INTERACTION: [printed, onto, mend],
    CHECK_FAILED: [printed, mend],
    CHECKS_NOT_RUN: [`why: heddle landing show ${shortId(id)}`, `try again: heddle land ${shortId(changeId)}`],
  };
  return (steps[reason] ?? []).map((step) => `${shortId(id)}  ${step}`);
}
