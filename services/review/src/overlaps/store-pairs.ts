import { OVERLAP_LEVELS } from '@heddle/domain';
import { appendEvent } from '@heddle/platform/outbox';
import { In, type DataSource, type EntityManager } from 'typeorm';
import { newId } from '@heddle/platform/ids';
import { overlapJson } from './overlap.mapper.js';
import { OverlapPairEntity } from './overlap-pair.entity.js';
import type { PairFinding } from './judge-pair.js';
import type { PendingPair } from './pending-pairs.js';
import { atTestLevel, knownTests } from './together/test-level.js';

const ROWS_PER_STATEMENT = 500;

/** Writes what was found, and an event for each pair that came to overlap, overlaps otherwise, or does no more. */
export async function storePairs(
  dataSource: DataSource,
  pairs: readonly PendingPair[],
  findings: readonly PairFinding[],
): Promise<void> {
  await dataSource.transaction(async (manager) => {
    const before = await earlier(manager, pairs);
    const now = new Date();
    const rows = pairs.flatMap((pair, index) => {
      const finding = findings[index];
      return finding === undefined ? [] : [toRow(manager, pair, finding, before.get(key(pair.a.id, pair.b.id)), now)];
    });
    for (let at = 0; at < rows.length; at += ROWS_PER_STATEMENT) {
      await manager.upsert(OverlapPairEntity, rows.slice(at, at + ROWS_PER_STATEMENT), ['changeA', 'changeB']);
    }
    for (const row of rows) await tell(manager, row, before.get(key(row.changeA, row.changeB)));
  });
}

async function earlier(manager: EntityManager, pairs: readonly PendingPair[]): Promise<Map<string, OverlapPairEntity>> {
  const ids = [...new Set(pairs.map(({ a }) => a.id))];
  const rows = await manager.find(OverlapPairEntity, {
    where: { changeA: In(ids) },
    lock: { mode: 'pessimistic_write' },
  });
  return new Map(rows.map((row) => [key(row.changeA, row.changeB), row]));
}

function toRow(
  manager: EntityManager,
  { a, b }: PendingPair,
  finding: PairFinding,
  old: OverlapPairEntity | undefined,
  now: Date,
): OverlapPairEntity {
  const tests = knownTests(old, [a.headCommit, b.headCommit]);
  const found = { level: finding.level, rank: OVERLAP_LEVELS.indexOf(finding.level), evidence: [...finding.evidence] };
  return manager.create(OverlapPairEntity, {
    id: old?.id ?? newId(),
    batchId: a.batchId,
    basis: 'EXACT',
    changeA: a.id,
    changeB: b.id,
    attemptA: a.attemptId,
    attemptB: b.attemptId,
    headA: a.headCommit,
    headB: b.headCommit,
    ...(tests.length === 0 ? found : atTestLevel(found, tests)),
    together: tests.length === 0 ? 'NOT_ASKED' : 'FAILED',
    trialIds: tests.length === 0 ? [] : (old?.trialIds ?? []),
    duplicate: finding.duplicate,
    paths: [...finding.paths],
    cleanCheckpoints: 0,
    computeTime: now,
    revision: String(BigInt(old?.revision ?? '0') + (isNews(finding.level, old) ? 1n : 0n)),
  });
}

/** A pair that never overlapped and does not now is nothing to tell. */
function isNews(level: string, old: OverlapPairEntity | undefined): boolean {
  return level !== 'NONE' || (old !== undefined && old.level !== 'NONE');
}

async function tell(manager: EntityManager, row: OverlapPairEntity, old: OverlapPairEntity | undefined): Promise<void> {
  if (!isNews(row.level, old)) return;
  const type = row.level === 'NONE' ? 'overlap.cleared' : 'overlap.detected';
  await appendEvent(manager, { aggregate: 'overlap', id: row.id, version: row.revision, type, data: overlapJson(row) });
}

function key(a: string | null, b: string | null): string {
  return `${String(a)} ${String(b)}`;
}
