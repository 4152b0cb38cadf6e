import { Triage, Triage_Route } from '@heddle/contracts';
import { OVERLAP_LEVELS, triageChange, type DiffFacts, type TriageFacts, type TriageVerdict } from '@heddle/domain';
import type { EntityManager } from 'typeorm';
import type { ChangeEntity } from '../changes/change.entity.js';
import { holdsSecret } from '../changes/secret-in-change.js';

const DEFAULT_PRIORITY = 3;

/** Of each change by its id, as everything is at `now`. Reads no files: what they say was noted with the head. */
export async function triageOf(
  manager: EntityManager,
  changes: readonly ChangeEntity[],
  now: Date,
): Promise<ReadonlyMap<string, TriageVerdict>> {
  const overlaps = await conflictsOf(manager, changes);
  return new Map(
    changes.map((change) => [change.id, triageChange(factsOf(change, overlaps.get(change.id) ?? 0, now))]),
  );
}

/** @param showPaths false where the caller may not see what the files are called */
export function toTriage(verdict: TriageVerdict, showPaths: boolean): Triage {
  return Triage.fromPartial({
    effortMinutes: verdict.effortMinutes,
    risk: verdict.risk,
    reasons: verdict.reasons.map(({ reason, message, weight }) => ({
      reason,
      message: showPaths ? message : '',
      weight,
    })),
    route: Triage_Route[verdict.route],
    routeReason: showPaths ? verdict.routeReason : '',
  });
}

async function conflictsOf(
  manager: EntityManager,
  changes: readonly ChangeEntity[],
): Promise<ReadonlyMap<string, number>> {
  if (changes.length === 0) return new Map();
  const rows: { id: string; conflicts: number }[] = await manager.query(
    `SELECT c.id, count(*)::int AS conflicts FROM unnest($1::uuid[]) AS c (id)
     JOIN overlap_pairs AS p ON c.id IN (p.change_a, p.change_b) WHERE p.rank >= $2 GROUP BY c.id`,
    [changes.map(({ id }) => id), OVERLAP_LEVELS.indexOf('TEXTUAL')],
  );
  return new Map(rows.map(({ id, conflicts }) => [id, conflicts]));
}

function factsOf(change: ChangeEntity, overlaps: number, now: Date): TriageFacts {
  return {
    diff: change.diffFacts ?? sizeOnly(change),
    partial: change.partial,
    empty: change.empty,
    holdsSecret: holdsSecret(change),
    checks: checksOf(change),
    criteria: change.criteriaCounts,
    overlaps,
    priority: change.taskFacts?.priority ?? DEFAULT_PRIORITY,
    waitingMs: now.getTime() - change.createTime.getTime(),
  };
}

/** Advisory checks neither speak for a change nor send it back. */
function checksOf({ checks, taskFacts, treeId }: ChangeEntity): TriageFacts['checks'] {
  const counted = checks.filter((check) => check['treeId'] === treeId && check['advisory'] !== true);
  if (counted.some(({ state }) => state === 'FAILED' || state === 'TIMED_OUT')) return 'RED';
  const wanted = (taskFacts?.checks ?? []).filter(({ advisory }) => !advisory).map(({ name }) => name);
  const passed = new Set(counted.filter(({ state }) => state === 'PASSED').map(({ name }) => name));
  if (wanted.some((name) => !passed.has(name)) || counted.some(({ state }) => state !== 'PASSED')) return 'PENDING';
  return passed.size === 0 ? 'NONE' : 'GREEN';
}

/** Of a change from before triage. */
function sizeOnly({ additions, deletions, fileCount }: ChangeEntity): DiffFacts {
  const none = { criticalPath: '', interfacePath: '', dependencyPath: '', editedTest: '' };
  return { lines: additions + deletions, files: fileCount, spread: 0, ...none };
}
