import { LANDING_FAILED } from '@heddle/domain';
import type { EntityManager } from 'typeorm';
import type { ReviewStates } from '../approvals/review-states.js';
import { ChangeEntity } from '../changes/change.entity.js';
import { landingEvidence } from '../landings/landing-evidence.js';
import type { LandingEntity } from '../landings/landing.entity.js';
import { recordVerdict } from '../verdicts/record-verdict.js';
import { VerdictEntity } from '../verdicts/verdict.entity.js';
import { QUEUE_PRINCIPAL as principal } from './queue-principal.js';

/**
 * Sends the change of a landing that has just fallen out back to its agent, as a verdict that asks for changes and says why; at most
 * `roundsMax` times. In the transaction that takes the landing out.
 */
export async function returnToAuthor(
  manager: EntityManager,
  states: ReviewStates,
  landing: LandingEntity,
  roundsMax: number,
): Promise<void> {
  const change = await manager.findOneOrFail(ChangeEntity, {
    where: { id: landing.changeId },
    lock: { mode: 'pessimistic_write' },
  });
  // Somebody was faster: it has moved on, or waits for other changes already.
  if (change.headCommit !== landing.headCommit || change.reviewState !== 'APPROVED') return;
  const rounds = await manager.countBy(VerdictEntity, { changeId: change.id, principal });
  if (rounds >= roundsMax) return;
  const comment = `${landingEvidence(landing)}\nChange yours so that it gets on with theirs.`;
  await recordVerdict(manager, states, change, {
    decision: 'REQUEST_CHANGES',
    reasonClass: LANDING_FAILED,
    comment,
    message: comment,
    principal,
  });
}
