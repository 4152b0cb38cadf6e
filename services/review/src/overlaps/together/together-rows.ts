import { appendEvent } from '@heddle/platform/outbox';
import type { DataSource, EntityManager } from 'typeorm';
import type { PairEvidence } from '../judge-pair.js';
import { OverlapPairEntity, type Together } from '../overlap-pair.entity.js';
import { overlapJson } from '../overlap.mapper.js';
import { WRONG_FOR } from '../../shared/reconciled.js';
import { atTestLevel } from './test-level.js';

/**
 * Pairs that deserve to be run, the strongest first, each batch as far as its repository's policy has room: both have ended,
 * neither was rejected, git merges them, and they meet in more than a file. Who do the same would only be run twice.
 * A pair has had its place when its merge was tried, whatever became of its heads.
 */
const ASK = `
  WITH wanted AS (
    SELECT p.id, p.batch_id, r.overlap_tests AS most,
      row_number() OVER (PARTITION BY p.batch_id ORDER BY p.rank DESC, p.id) AS place
    FROM overlap_pairs p
    JOIN changes a ON a.id = p.change_a AND a.head_commit = p.head_a
    JOIN changes b ON b.id = p.change_b AND b.head_commit = p.head_b
    JOIN review_policies r ON r.repository_id = a.repository_id AND r.overlap_tests > 0
    WHERE p.basis = 'EXACT' AND p.together = 'NOT_ASKED' AND p.level IN ('ENTITY', 'RESOURCE') AND NOT p.duplicate
      AND a.evidence_final AND b.evidence_final AND NOT a.partial AND NOT b.partial
      AND a.review_state <> 'REJECTED' AND b.review_state <> 'REJECTED')
  UPDATE overlap_pairs p SET together = 'RUNNING', trial_ids = '[]' FROM wanted w
  WHERE p.id = w.id AND p.together = 'NOT_ASKED' AND w.place <= w.most
    - (SELECT count(DISTINCT t.commit) FROM trials t WHERE t.kind = 'OVERLAP' AND t.batch_id = w.batch_id)
    - (SELECT count(*) FROM overlap_pairs o WHERE o.batch_id = w.batch_id AND o.together = 'RUNNING' AND o.trial_ids = '[]')
  RETURNING p.id`;

/** @returns how many pairs are to be run that were not before */
export async function askForPairs(manager: EntityManager): Promise<number> {
  const [rows]: [{ id: string }[], number] = await manager.query(ASK);
  return rows.length;
}

/** Trials that no pair waits for any more: one of its changes has another head. */
export async function unwantedTrials(manager: EntityManager): Promise<string[]> {
  const rows: { id: string }[] = await manager.query(
    `SELECT t.id FROM trials t
     WHERE t.kind = 'OVERLAP' AND t.end_time IS NULL AND NOT t.cancel_requested AND t.create_time < now() - ${WRONG_FOR}
       AND NOT EXISTS (SELECT 1 FROM overlap_pairs p WHERE p.batch_id = t.batch_id AND p.together = 'RUNNING'
         AND p.trial_ids @> jsonb_build_array(jsonb_build_array(t.id)))`,
  );
  return rows.map(({ id }) => id);
}

export function runningPairs(manager: EntityManager): Promise<OverlapPairEntity[]> {
  return manager.find(OverlapPairEntity, { where: { together: 'RUNNING' }, order: { id: 'ASC' } });
}

export function noteRuns(dataSource: DataSource, seen: OverlapPairEntity, trialIds: string[][]): Promise<boolean> {
  return onPair(dataSource, seen, async (manager, { id }) => {
    await manager.update(OverlapPairEntity, { id }, { trialIds });
  });
}

/** @param tests of FAILED: what does not pass */
export function settlePair(
  dataSource: DataSource,
  seen: OverlapPairEntity,
  together: Together,
  tests: readonly PairEvidence[] = [],
): Promise<boolean> {
  return onPair(dataSource, seen, async (manager, row) => {
    row.together = together;
    if (tests.length === 0) await manager.update(OverlapPairEntity, { id: row.id }, { together });
    else await raisePair(manager, row, tests);
  });
}

/** Puts a locked or new pair at level TEST, with the event that tells of it. */
export async function raisePair(
  manager: EntityManager,
  row: OverlapPairEntity,
  tests: readonly PairEvidence[],
): Promise<void> {
  Object.assign(row, atTestLevel(row, tests), { together: 'FAILED', revision: String(BigInt(row.revision) + 1n) });
  await manager.save(OverlapPairEntity, row);
  const { id, revision: version } = row;
  await appendEvent(manager, { aggregate: 'overlap', id, version, type: 'overlap.detected', data: overlapJson(row) });
}

/** @returns false where the pair was computed anew meanwhile, or somebody was faster */
function onPair(
  dataSource: DataSource,
  { id, headA, headB }: OverlapPairEntity,
  work: (manager: EntityManager, row: OverlapPairEntity) => Promise<void>,
): Promise<boolean> {
  return dataSource.transaction(async (manager) => {
    const row = await manager.findOne(OverlapPairEntity, { where: { id }, lock: { mode: 'pessimistic_write' } });
    if (row?.together !== 'RUNNING' || row.headA !== headA || row.headB !== headB) return false;
    await work(manager, row);
    return true;
  });
}
