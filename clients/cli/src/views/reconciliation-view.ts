import type { MergeConflict, Reconciliation, ReconciliationPlan } from '@heddle/sdk';
import { oneLine } from '../output/neutralise.js';
import { shortCommit, shortId } from '../output/short-id.js';
import { table } from '../output/table.js';
import { ago } from '../output/time.js';
import { statePaint } from './state-paint.js';
import type { ViewOptions } from './view-options.js';

const PATHS_SHOWN = 20;

/** What would become of changes together: each merge in its order, and what comes of all. */
export function planLines(plan: ReconciliationPlan, { style }: ViewOptions): string[] {
  const steps = plan.steps.flatMap(({ changeId, title, clean, conflicts }, index) => [
    `${String(index + 1).padStart(2)}  ${clean ? style.green('merges   ') : style.red('conflicts')}  ${shortId(changeId)}  ${oneLine(title)}`,
    ...conflictLines(conflicts, '      ', style.red),
  ]);
  const given = plan.steps.map(({ changeId }) => changeId).join();
  const order = plan.suggestedOrder.map((id) => shortId(id)).join(' ');
  return [
    ...steps,
    plan.clean
      ? style.green(`All merge onto ${shortCommit(plan.baseCommit)}; the tree is ${shortCommit(plan.treeId)}.`)
      : style.yellow('What conflicts was left out. An agent can bring it in: heddle reconcile create'),
    ...(given === plan.suggestedOrder.join() ? [] : [style.dim(`The order that leaves least to do again: ${order}`)]),
  ];
}

export function reconciliationTable(rows: readonly Reconciliation[], { style, columns, now }: ViewOptions): string[] {
  if (rows.length === 0)
    return ['Nothing is reconciled. Make one change of several: heddle reconcile create <change...>'];
  return table(
    [
      { title: 'ID' },
      { title: 'STATE' },
      { title: 'BY' },
      { title: 'INPUTS', shrinks: true },
      { title: 'REASON' },
      { title: 'CHANGE' },
      { title: 'CREATED' },
    ],
    rows.map((row) => [
      { text: shortId(row.id) },
      { text: row.state, paint: statePaint(style, row.state) },
      { text: row.step },
      { text: row.inputs.map(({ title }) => title).join(' + ') },
      { text: row.reason, paint: style.dim },
      { text: row.changeId === undefined ? '-' : shortId(row.changeId) },
      { text: ago(row.createTime, now), paint: style.dim },
    ]),
    { columns, paintHead: style.dim },
  );
}

/** One reconciliation with what became of each input. */
export function reconciliationLines(row: Reconciliation, { style }: ViewOptions): string[] {
  const change = row.changeId === undefined ? '' : `change ${shortId(row.changeId)}`;
  const attempt = row.attemptId === '' ? '' : `attempt ${shortId(row.attemptId)}`;
  const head = [
    `reconciliation ${shortId(row.id)}`,
    statePaint(style, row.state)(row.state),
    style.dim(oneLine([row.step, change, attempt, row.reason].filter((word) => word !== '').join('  '))),
  ].join('  ');
  const message = row.message === '' ? [] : [style.dim(`  ${oneLine(row.message)}`)];
  const notes = row.notes.map(({ step, changeId, message: why }) =>
    style.dim(`  not ${step}: ${oneLine(`${shortId(changeId)} ${why}`)}`),
  );
  return [
    head,
    ...message,
    ...structuralLines(row, style),
    ...notes,
    ...row.inputs.flatMap((input, index) => inputLines(input, index, style)),
  ];
}

/** Who has merged where git has not; what did not pass is in no result. */
function structuralLines({ step, structural }: Reconciliation, style: ViewOptions['style']): string[] {
  if (structural === undefined) return [];
  const { driver, paths } = structural;
  const more = paths.length > PATHS_SHOWN ? ` and ${String(paths.length - PATHS_SHOWN)} more` : '';
  const words = `${step === 'STRUCTURAL' ? 'merged' : 'not taken: merged'} by ${driver}: ${paths.slice(0, PATHS_SHOWN).join(', ')}`;
  return [style.yellow(`  ${oneLine(words)}${more}`)];
}

function inputLines(input: Reconciliation['inputs'][number], index: number, style: ViewOptions['style']): string[] {
  const how = input.merged
    ? style.green('merged')
    : input.conflicts.length > 0
      ? style.red('conflicted')
      : style.dim('waits');
  // What was kept is as everybody would have it.
  const told = input.paths.filter(({ outcome }) => outcome !== 'KEPT');
  const kept = input.paths.length - told.length;
  const more = told.length - PATHS_SHOWN;
  return [
    `${String(index + 1).padStart(2)}  ${how}  ${shortId(input.changeId)}  ${oneLine(input.title)}${kept > 0 ? style.dim(`  ${String(kept)} kept as they were`) : ''}`,
    ...conflictLines(input.conflicts, '      ', style.dim),
    ...told
      .slice(0, PATHS_SHOWN)
      .map(({ path, outcome }) =>
        (outcome === 'DROPPED' ? style.red : style.yellow)(`      ${outcome.toLowerCase()}  ${oneLine(path)}`),
      ),
    ...(more > 0 ? [style.dim(`      and ${String(more)} more`)] : []),
  ];
}

function conflictLines(conflicts: readonly MergeConflict[], indent: string, paint: (text: string) => string): string[] {
  return conflicts
    .slice(0, PATHS_SHOWN)
    .map(({ path, type, message }) => paint(oneLine(`${indent}${path === '' ? message : path}  ${type}`)));
}
