import type { EntityManager } from 'typeorm';
import type { Head } from '../change-analysis.js';
import { OverlapPairEntity } from '../overlap-pair.entity.js';

export interface LiveHead extends Head {
  readonly attemptId: string;
}

/** Two attempts of a batch, at least one of which is at work, whose present heads were not compared yet; `a` < `b`. */
export interface LivePair {
  readonly batchId: string;
  readonly a: LiveHead;
  readonly b: LiveHead;
}

type HeadRow = Record<'attempt_id' | 'repository_id' | 'base_commit' | 'commit' | 'tree_id', string>;

/** What each attempt of a batch has to show: its newest checkpoint while it works, else its change. Rivals are not compared. */
const PAIRS = `
  WITH heads AS (
    SELECT attempt_id, task_id, repository_id, base_commit, commit, tree_id, TRUE AS live FROM live_heads WHERE batch_id = $1
    UNION ALL
    SELECT attempt_id, task_id, repository_id, base_commit, head_commit, tree_id, FALSE FROM changes
    WHERE batch_id = $1 AND NOT empty AND attempt_id NOT IN (SELECT attempt_id FROM live_heads WHERE batch_id = $1)
  )`;
/** A reconciliation at work has the lines of its inputs: that is what it is for. */
const RECONCILES = (one: string, other: string): string => `
  EXISTS (SELECT 1 FROM reconciliations r JOIN reconciliation_inputs i ON i.reconciliation_id = r.id
    WHERE r.task_id = ${one}.task_id AND i.attempt_id = ${other}.attempt_id)`;
const COMPARED = `heads a JOIN heads b ON a.attempt_id < b.attempt_id AND a.task_id <> b.task_id AND (a.live OR b.live)
  AND NOT ${RECONCILES('a', 'b')} AND NOT ${RECONCILES('b', 'a')}`;

export async function pendingLivePairs(manager: EntityManager, batchId: string, limit: number): Promise<LivePair[]> {
  const rows: { a: HeadRow; b: HeadRow }[] = await manager.query(
    `${PAIRS} SELECT to_jsonb(a) AS a, to_jsonb(b) AS b FROM ${COMPARED}
     LEFT JOIN overlap_pairs p ON p.basis = 'LIVE' AND p.attempt_a = a.attempt_id AND p.attempt_b = b.attempt_id
       AND p.head_a = a.commit AND p.head_b = b.commit
     WHERE p.id IS NULL ORDER BY a.attempt_id, b.attempt_id LIMIT $2`,
    [batchId, limit],
  );
  return rows.map(({ a, b }) => ({ batchId, a: toHead(a), b: toHead(b) }));
}

/** Live pairs of a batch of which nobody works any more: what their changes have in common is told by exact pairs. */
export async function settledLivePairs(manager: EntityManager, batchId: string): Promise<OverlapPairEntity[]> {
  const rows: { id: string }[] = await manager.query(
    `${PAIRS} SELECT p.id FROM overlap_pairs p WHERE p.batch_id = $1 AND p.basis = 'LIVE'
       AND NOT EXISTS (SELECT 1 FROM ${COMPARED} WHERE a.attempt_id = p.attempt_a AND b.attempt_id = p.attempt_b)`,
    [batchId],
  );
  if (rows.length === 0) return [];
  return manager
    .createQueryBuilder(OverlapPairEntity, 'p')
    .where('p.id IN (:...ids)', { ids: rows.map((row) => row.id) })
    .setLock('pessimistic_write')
    .getMany();
}

function toHead(row: HeadRow): LiveHead {
  return {
    attemptId: row.attempt_id,
    repositoryId: row.repository_id,
    baseCommit: row.base_commit,
    commit: row.commit,
    treeId: row.tree_id,
  };
}
