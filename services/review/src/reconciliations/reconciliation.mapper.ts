import {
  ReconciledPath_Outcome,
  Reconciliation,
  Reconciliation_State,
  Reconciliation_Step,
  type ReconciliationInput,
} from '@heddle/contracts';
import { toCanonicalJson } from '@heddle/contracts/json';
import type { ReportedPath } from '@heddle/domain';
import { showPath } from '@heddle/git';
import type { ReconciliationEntity, ReconciliationInputEntity } from './reconciliation.entity.js';

/** @param reports what became of each input's paths, in their order; as far as the view shows it */
export function toReconciliation(
  row: ReconciliationEntity,
  inputs: readonly ReconciliationInputEntity[],
  reports: readonly (readonly ReportedPath[])[] = [],
): Reconciliation {
  return Reconciliation.fromPartial({
    id: row.id,
    repositoryId: row.repositoryId,
    targetBranch: row.branch,
    baseCommit: row.baseCommit,
    state: Reconciliation_State[row.state],
    reason: row.reason,
    message: row.message,
    step: Reconciliation_Step[row.step],
    inputs: [...inputs]
      .sort((a, b) => a.position - b.position)
      .map((input, index) => toInput(input, reports[index] ?? [])),
    instructions: row.instructions,
    ...(row.agent === null ? {} : { agent: row.agent }),
    taskId: row.taskId ?? '',
    attemptId: row.attemptId ?? '',
    changeId: row.changeId ?? undefined,
    createTime: row.createTime,
    endTime: row.endTime ?? undefined,
    revision: row.revision,
    notes: row.notes.map(({ step, ...note }) => ({ ...note, step: Reconciliation_Step[step] })),
    ...structuralOf(row),
  });
}

function structuralOf({ rungs }: ReconciliationEntity): Pick<Reconciliation, 'structural'> {
  const merged = rungs.find(({ structural }) => structural !== undefined)?.structural;
  if (merged === undefined) return {};
  const paths = merged.paths.map((path) => showPath(Buffer.from(path, 'latin1')).path);
  return { structural: { driver: merged.driver, paths } };
}

export function reconciliationJson(row: ReconciliationEntity, inputs: readonly ReconciliationInputEntity[]): unknown {
  return toCanonicalJson('heddle.v1.Reconciliation', Reconciliation, toReconciliation(row, inputs));
}

function toInput(row: ReconciliationInputEntity, paths: readonly ReportedPath[]): ReconciliationInput {
  return {
    changeId: row.changeId,
    attemptId: row.attemptId,
    taskId: row.taskId,
    title: row.title,
    headCommit: row.headCommit,
    merged: row.merged,
    conflicts: row.conflicts,
    paths: paths.map(({ path, outcome }) => ({ path, outcome: ReconciledPath_Outcome[outcome] })),
  };
}
