import { OVERLAP_LEVELS } from '@heddle/domain';
import { newId } from '@heddle/platform/ids';
import { appendEvent } from '@heddle/platform/outbox';
import { In, type DataSource, type EntityManager } from 'typeorm';
import type { PairFinding } from '../judge-pair.js';
import { OverlapPairEntity } from '../overlap-pair.entity.js';
import { overlapJson } from '../overlap.mapper.js';
import { settledLivePairs, type LivePair } from './live-pairs.js';

/** An agent in the middle of an edit takes things back and puts them there again: one clean checkpoint proves nothing. */
const CLEAN_CHECKPOINTS = 2;

/** Writes what checkpoints have in common, and an event where that is not what was told before. */
export async function storeLivePairs(
  dataSource: DataSource,
  pairs: readonly LivePair[],
  findings: readonly PairFinding[],
): Promise<void> {
  await dataSource.transaction(async (manager) => {
    const before = await earlier(manager, pairs);
    for (const [index, pair] of pairs.entries()) {
      const finding = findings[index];
      if (finding === undefined) continue;
      const old = before.get(`${pair.a.attemptId} ${pair.b.attemptId}`);
      const row = toRow(manager, pair, finding, old);
      const news = isNews(row, old);
      if (news) row.revision = String(BigInt(row.revision) + 1n);
      await manager.save(OverlapPairEntity, row);
      if (news) await tell(manager, row, row.level === 'NONE' ? 'overlap.cleared' : 'overlap.detected');
    }
  });
}

/** Ends the live pairs of a batch of which nobody works any more. */
export async function endSettledPairs(dataSource: DataSource, batchId: string): Promise<number> {
  return dataSource.transaction(async (manager) => {
    const rows = await settledLivePairs(manager, batchId);
    for (const row of rows) {
      if (row.level !== 'NONE') {
        Object.assign(row, { level: 'NONE', rank: 0, duplicate: false, paths: [], evidence: [] });
        row.revision = String(BigInt(row.revision) + 1n);
        await tell(manager, row, 'overlap.cleared');
      }
      await manager.delete(OverlapPairEntity, { id: row.id });
    }
    return rows.length;
  });
}

async function earlier(manager: EntityManager, pairs: readonly LivePair[]): Promise<Map<string, OverlapPairEntity>> {
  const rows = await manager.find(OverlapPairEntity, {
    where: { basis: 'LIVE', attemptA: In([...new Set(pairs.map(({ a }) => a.attemptId))]) },
    lock: { mode: 'pessimistic_write' },
  });
  return new Map(rows.map((row) => [`${row.attemptA} ${row.attemptB}`, row]));
}

function toRow(
  manager: EntityManager,
  { batchId, a, b }: LivePair,
  finding: PairFinding,
  old: OverlapPairEntity | undefined,
): OverlapPairEntity {
  const clean = finding.level === 'NONE' ? (old?.cleanCheckpoints ?? 0) + 1 : 0;
  const held = clean > 0 && clean < CLEAN_CHECKPOINTS && old !== undefined && old.level !== 'NONE' ? old : finding;
  return manager.create(OverlapPairEntity, {
    id: old?.id ?? newId(),
    batchId,
    basis: 'LIVE',
    changeA: null,
    changeB: null,
    attemptA: a.attemptId,
    attemptB: b.attemptId,
    headA: a.commit,
    headB: b.commit,
    level: held.level,
    rank: OVERLAP_LEVELS.indexOf(held.level),
    duplicate: held.duplicate,
    paths: [...held.paths],
    evidence: [...held.evidence],
    cleanCheckpoints: clean,
    together: 'NOT_ASKED',
    trialIds: [],
    computeTime: new Date(),
    revision: old?.revision ?? '0',
  });
}

/** Checkpoints come every minute: only what differs is told. */
function isNews(row: OverlapPairEntity, old: OverlapPairEntity | undefined): boolean {
  if (old === undefined) return row.level !== 'NONE';
  const told = (of: OverlapPairEntity): string => JSON.stringify([of.level, of.duplicate, of.paths]);
  return told(row) !== told(old);
}

async function tell(manager: EntityManager, row: OverlapPairEntity, type: string): Promise<void> {
  await appendEvent(manager, { aggregate: 'overlap', id: row.id, version: row.revision, type, data: overlapJson(row) });
}
