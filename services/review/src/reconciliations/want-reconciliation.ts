import { newId } from '@heddle/platform/ids';
import type { EntityManager } from 'typeorm';
import { ChangeEntity } from '../changes/change.entity.js';
import type { LandingEntity } from '../landings/landing.entity.js';
import { noteOnLanding } from '../landings/move-landing.js';

/**
 * Names in a locked landing's row the reconciliation that is to bring its change onto the branch as it is; EjectedReconciliations makes
 * it. One that is open for the same head and branch is named again. In the caller's transaction.
 * @param roundsMax how many a change has at most, with those that it came of
 * @returns false where there is none: the change has moved on, is not approved any more, or has had its rounds
 */
export async function wantReconciliation(
  manager: EntityManager,
  landing: LandingEntity,
  roundsMax: number,
): Promise<boolean> {
  // Of landings on several branches each sees what the others have asked for.
  const change = await manager.findOneOrFail(ChangeEntity, {
    where: { id: landing.changeId },
    lock: { mode: 'pessimistic_write' },
  });
  if (change.headCommit !== landing.headCommit || change.reviewState !== 'APPROVED') return false;
  const open = await openReconciliation(manager, landing);
  if (open === undefined && (await roundsOf(manager, change.id)) >= roundsMax) return false;
  await noteOnLanding(manager, landing, 'landing.updated', { reconciliationId: open ?? newId() });
  return true;
}

async function openReconciliation(
  manager: EntityManager,
  { changeId, branch, headCommit }: LandingEntity,
): Promise<string | undefined> {
  const rows: { id: string }[] = await manager.query(
    `SELECT l.reconciliation_id AS id FROM landings l LEFT JOIN reconciliations r ON r.id = l.reconciliation_id
     WHERE l.change_id = $1 AND l.branch = $2 AND l.head_commit = $3 AND l.reconciliation_id IS NOT NULL
       AND r.end_time IS NULL
     LIMIT 1`,
    [changeId, branch, headCommit],
  );
  return rows[0]?.id;
}

/** A result that falls out in its turn is a further round of the changes that it is made of. */
async function roundsOf(manager: EntityManager, changeId: string): Promise<number> {
  const rows: { rounds: number }[] = await manager.query(
    `WITH RECURSIVE origins (change_id) AS (
       SELECT $1::uuid
       UNION
       SELECT i.change_id FROM origins o
         JOIN reconciliations r ON r.change_id = o.change_id
         JOIN reconciliation_inputs i ON i.reconciliation_id = r.id)
     SELECT count(DISTINCT l.reconciliation_id)::int AS rounds
     FROM origins JOIN landings l USING (change_id) WHERE l.reconciliation_id IS NOT NULL`,
    [changeId],
  );
  return rows[0]?.rounds ?? 0;
}
