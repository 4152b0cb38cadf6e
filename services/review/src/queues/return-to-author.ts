import { CheckResult_State } from '@heddle/contracts';
import { LANDING_FAILED } from '@heddle/domain';
import type { EntityManager } from 'typeorm';
import type { ReviewStates } from '../approvals/review-states.js';
import { ChangeEntity } from '../changes/change.entity.js';
import { checksFromJson } from '../changes/change.mapper.js';
import type { LandingEntity } from '../landings/landing.entity.js';
import { recordVerdict } from '../verdicts/record-verdict.js';
import { VerdictEntity } from '../verdicts/verdict.entity.js';
import { LandingQueueEntity } from './landing-queue.entity.js';

/** Who asks for the changes. */
const PRINCIPAL = 'landing-queue';
const OWN_FAULTS: ReadonlySet<string> = new Set(['CONFLICT', 'CHECK_FAILED', 'INTERACTION']);
const MOST_PATHS = 50;

/**
 * Sends the change of a landing that has just fallen out by its own fault back to its agent, as a verdict that asks for
 * changes and says why; where the queue is set so, and as often as it is. In the transaction that takes the landing out.
 */
export async function returnToAuthor(
  manager: EntityManager,
  states: ReviewStates,
  landing: LandingEntity,
): Promise<void> {
  if (landing.revertsId !== null || !OWN_FAULTS.has(landing.reason)) return;
  const queue = await manager.findOneByOrFail(LandingQueueEntity, { id: landing.queueId });
  if (!queue.returnToAuthor) return;
  const change = await manager.findOneOrFail(ChangeEntity, {
    where: { id: landing.changeId },
    lock: { mode: 'pessimistic_write' },
  });
  // Somebody was faster: it has moved on, or waits for other changes already.
  if (change.headCommit !== landing.headCommit || change.reviewState !== 'APPROVED') return;
  const rounds = await manager.countBy(VerdictEntity, { changeId: change.id, principal: PRINCIPAL });
  if (rounds >= queue.roundsMax) return;
  const comment = evidenceOf(landing);
  await recordVerdict(manager, states, change, {
    decision: 'REQUEST_CHANGES',
    reasonClass: LANDING_FAILED,
    comment,
    message: comment,
    principal: PRINCIPAL,
  });
}

function evidenceOf(landing: LandingEntity): string {
  const { branch, onto, conflictPaths } = landing;
  const at = onto === null ? '' : ` at ${onto.slice(0, 12)}`;
  const red = checksFromJson(landing.checks).filter(
    (check) => !check.advisory && check.state !== CheckResult_State.PASSED,
  );
  return [
    `Your change did not land on ${branch}${at}: ${landing.reason}.`,
    ...(landing.message === '' ? [] : [landing.message]),
    ...conflictPaths.slice(0, MOST_PATHS).map((path) => `Conflict in ${path}`),
    ...red.map(({ name, state, exitCode }) => {
      const code = exitCode === undefined ? '' : `, exit code ${String(exitCode)}`;
      return `On the merged tree the check ${name} is ${state}${code}.`;
    }),
    'Others have landed since your change began. Change yours so that it gets on with theirs.',
  ].join('\n');
}
