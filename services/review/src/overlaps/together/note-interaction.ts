import type { EntityManager } from 'typeorm';
import { newId } from '@heddle/platform/ids';
import { LandingEntity } from '../../landings/landing.entity.js';
import { OverlapPairEntity } from '../overlap-pair.entity.js';
import { testEvidence } from './test-level.js';
import { raisePair } from './together-rows.js';

/**
 * A landing queue found that a landing is green by itself and red with one that has landed: the same as a trial of both would say,
 * also of changes of two batches, which nobody else compares.
 * @param ejected as it is now, with the checks that failed
 */
export async function noteInteraction(
  manager: EntityManager,
  ejected: LandingEntity,
  partnerId: string,
): Promise<void> {
  const partner = await manager.findOneBy(LandingEntity, { id: partnerId });
  // Rivals are not compared, and what takes something back is no change of anybody.
  if (partner === null || partner.taskId === ejected.taskId) return;
  if (partner.revertsId !== null || ejected.revertsId !== null) return;
  const [a, b] = ejected.changeId < partner.changeId ? [ejected, partner] : [partner, ejected];
  const known = await manager.findOne(OverlapPairEntity, {
    where: { changeA: a.changeId, changeB: b.changeId },
    lock: { mode: 'pessimistic_write' },
  });
  // One of them has gone on since.
  if (known !== null && (known.headA !== a.headCommit || known.headB !== b.headCommit)) return;
  const red = ejected.checks.filter(({ advisory, state }) => advisory !== true && state !== 'PASSED');
  await raisePair(
    manager,
    known ?? newPair(manager, ejected.batchId, a, b),
    red.map(({ name }) => testEvidence(String(name), 'failed on both together in the landing queue')),
  );
}

function newPair(manager: EntityManager, batchId: string, a: LandingEntity, b: LandingEntity): OverlapPairEntity {
  return manager.create(OverlapPairEntity, {
    id: newId(),
    batchId,
    basis: 'EXACT',
    changeA: a.changeId,
    changeB: b.changeId,
    attemptA: a.attemptId,
    attemptB: b.attemptId,
    headA: a.headCommit,
    headB: b.headCommit,
    level: 'NONE',
    rank: 0,
    duplicate: false,
    paths: [],
    evidence: [],
    cleanCheckpoints: 0,
    together: 'NOT_ASKED',
    trialIds: [],
    computeTime: new Date(),
    revision: '0',
  });
}
