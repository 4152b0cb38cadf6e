import { canReconciliationMove, type ReconciliationState } from '@heddle/domain';
import { appendEvent } from '@heddle/platform/outbox';
import type { EntityManager } from 'typeorm';
import { ReconciliationEntity, ReconciliationInputEntity } from './reconciliation.entity.js';
import { reconciliationJson } from './reconciliation.mapper.js';

export type ReconciliationFacts = Partial<
  Pick<
    ReconciliationEntity,
    | 'reason'
    | 'message'
    | 'step'
    | 'rungs'
    | 'rung'
    | 'notes'
    | 'startCommit'
    | 'taskId'
    | 'attemptId'
    | 'changeId'
    | 'failed'
    | 'stopUntold'
  >
>;

export function inputsOf(manager: EntityManager, reconciliationId: string): Promise<ReconciliationInputEntity[]> {
  return manager.find(ReconciliationInputEntity, { where: { reconciliationId }, order: { position: 'ASC' } });
}

/** Locks a reconciliation's row for the transaction. */
export function lockReconciliation(manager: EntityManager, id: string): Promise<ReconciliationEntity> {
  return manager.findOneOrFail(ReconciliationEntity, { where: { id }, lock: { mode: 'pessimistic_write' } });
}

/** Moves a locked reconciliation to its next state, with the event that tells of it. */
export async function moveReconciliation(
  manager: EntityManager,
  row: ReconciliationEntity,
  state: ReconciliationState,
  facts: ReconciliationFacts = {},
): Promise<void> {
  if (!canReconciliationMove(row.state, state))
    throw new Error(`reconciliation ${row.id} cannot go from ${row.state} to ${state}`);
  const ended = state === 'SUCCEEDED' || state === 'FAILED' || state === 'CANCELLED';
  const changed = {
    ...facts,
    state,
    endTime: ended ? new Date() : null,
    revision: String(BigInt(row.revision) + 1n),
  };
  Object.assign(row, changed);
  await manager.update(ReconciliationEntity, { id: row.id }, changed);
  await appendEvent(manager, {
    aggregate: 'reconciliation',
    id: row.id,
    version: row.revision,
    type: `reconciliation.${state.toLowerCase()}`,
    data: reconciliationJson(row, await inputsOf(manager, row.id)),
    traceparent: row.traceparent,
  });
}
