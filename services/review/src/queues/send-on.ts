import type { EntityManager } from 'typeorm';
import type { ReviewStates } from '../approvals/review-states.js';
import type { LandingEntity } from '../landings/landing.entity.js';
import { wantReconciliation } from '../reconciliations/want-reconciliation.js';
import { LandingQueueEntity } from './landing-queue.entity.js';
import { returnToAuthor } from './return-to-author.js';

const OWN_FAULTS: ReadonlySet<string> = new Set(['CONFLICT', 'CHECK_FAILED', 'INTERACTION']);
/** Those that somebody else than the author can put right: each change is good by itself. */
const RECONCILABLE: ReadonlySet<string> = new Set(['CONFLICT', 'INTERACTION']);

/**
 * Sends the change of a landing that has just fallen out by its own fault to where its queue is set to, and as often: to a
 * reconciliation with the branch, or back to its author. In the transaction that takes the landing out.
 */
export async function sendOn(manager: EntityManager, states: ReviewStates, landing: LandingEntity): Promise<void> {
  if (landing.revertsId !== null || !OWN_FAULTS.has(landing.reason)) return;
  const queue = await manager.findOneByOrFail(LandingQueueEntity, { id: landing.queueId });
  const isReconciled =
    queue.reconcileEjected &&
    RECONCILABLE.has(landing.reason) &&
    (await wantReconciliation(manager, landing, queue.roundsMax));
  if (!isReconciled && queue.returnToAuthor) await returnToAuthor(manager, states, landing, queue.roundsMax);
}
