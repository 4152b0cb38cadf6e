import type { EntityManager } from 'typeorm';
import { ChangeEntity } from '../changes/change.entity.js';

/** Two changes of a batch whose present heads were not compared yet; `a` < `b`. */
export interface PendingPair {
  readonly a: ChangeEntity;
  readonly b: ChangeEntity;
}

interface PairRow {
  readonly a: string;
  readonly b: string;
}

/**
 * Pairs of one batch are compared unless they are attempts of the same task (rivals, of which one will land) or one of them is empty.
 * A pair that was computed for other heads is pending again.
 */
const PENDING = `
  FROM changes a JOIN changes b ON b.batch_id = a.batch_id AND a.id < b.id AND a.task_id <> b.task_id AND NOT b.empty
  LEFT JOIN overlap_pairs p ON p.change_a = a.id AND p.change_b = b.id AND p.head_a = a.head_commit AND p.head_b = b.head_commit
  WHERE NOT a.empty AND p.id IS NULL`;
const OF_BATCH = `${PENDING} AND a.batch_id = $1`;

export async function pendingPairs(manager: EntityManager, batchId: string, limit: number): Promise<PendingPair[]> {
  const rows: PairRow[] = await manager.query(`SELECT a.id AS a, b.id AS b ${OF_BATCH} ORDER BY a.id, b.id LIMIT $2`, [
    batchId,
    limit,
  ]);
  if (rows.length === 0) return [];
  const changes = await manager.findBy(ChangeEntity, { batchId });
  const byId = new Map(changes.map((change) => [change.id, change]));
  return rows.flatMap((row) => {
    const [a, b] = [byId.get(row.a), byId.get(row.b)];
    return a === undefined || b === undefined ? [] : [{ a, b }];
  });
}

export async function countPendingPairs(
  manager: EntityManager,
  batchIds: readonly string[],
  changeId?: string,
): Promise<number> {
  let count = 0;
  for (const batchId of batchIds) {
    const one = changeId === undefined ? '' : 'AND $2 IN (a.id, b.id)';
    const rows: { n: string }[] = await manager.query(
      `SELECT count(*) AS n ${OF_BATCH} ${one}`,
      changeId === undefined ? [batchId] : [batchId, changeId],
    );
    count += Number(rows[0]?.n ?? 0);
  }
  return count;
}

/** Only batches of which a change was made or moved since then: to look through all that ever were takes ever longer. */
export async function batchesWithPendingPairs(manager: EntityManager, since: Date): Promise<string[]> {
  const rows: { batch_id: string }[] = await manager.query(
    `SELECT DISTINCT a.batch_id ${PENDING} AND a.batch_id IN (SELECT batch_id FROM changes WHERE update_time >= $1)`,
    [since],
  );
  return rows.map((row) => row.batch_id);
}
