import { CheckResult_State, Landing_Delivery, Landing_Style, type CheckResult } from '@heddle/contracts';
import type { SandboxSpec } from '@heddle/contracts/internal';
import { HeddleError } from '@heddle/domain';
import type { ChangeEntity } from '../changes/change.entity.js';
import { requireHead } from '../changes/require-head.js';
import type { LandingDelivery, LandingQueueEntity, LandingStyle } from '../queues/landing-queue.entity.js';
import { secretObjection } from '../changes/secret-in-change.js';

/** Says whether a change may land as it is now. Throws what `requireWhole` throws, APPROVAL_MISSING. */
export function requireLandable(change: ChangeEntity, seenHead: string): void {
  requireWhole(change, seenHead);
  if (change.reviewState !== 'APPROVED') {
    throw new HeddleError('APPROVAL_MISSING', `The change is ${change.reviewState}: approve it first`, {
      metadata: { id: change.id, reviewState: change.reviewState },
    });
  }
}

/** Whatever was decided of it. Throws CHANGE_MOVED, CHANGE_PARTIAL, CHANGE_EMPTY, SECRET_IN_CHANGE. */
export function requireWhole(change: ChangeEntity, seenHead: string): void {
  requireHead(change, seenHead);
  const [first] = objectionsTo(change);
  if (first !== undefined) throw first;
}

/** All that a change itself has in the way of its landing, whatever was decided of it: CHANGE_PARTIAL, SECRET_IN_CHANGE, CHANGE_EMPTY. */
export function objectionsTo(change: ChangeEntity): HeddleError[] {
  const metadata = { id: change.id };
  const objections: HeddleError[] = [];
  if (change.partial) {
    const message = 'The turn behind this change did not end well: it can be read, not landed';
    objections.push(new HeddleError('CHANGE_PARTIAL', message, { metadata }));
  }
  const secret = secretObjection(change);
  if (secret !== undefined) objections.push(secret);
  if (change.empty)
    objections.push(new HeddleError('CHANGE_EMPTY', 'The change is empty: there is nothing to land', { metadata }));
  return objections;
}

/** Every check of the task that is not advisory must have passed on exactly the change's tree. Throws CHECKS_NOT_GREEN. */
export function requireGreen(change: ChangeEntity, spec: SandboxSpec, results: readonly CheckResult[]): void {
  const missing = notGreen(change, spec, results);
  if (missing.length === 0) return;
  const states = missing.map(({ name, state }) => `${name} (${state})`);
  throw new HeddleError('CHECKS_NOT_GREEN', `Not all checks passed on this change: ${states.join(', ')}`, {
    metadata: { id: change.id, checks: missing.map(({ name }) => name).join(',') },
  });
}

/** The checks of the task that are not advisory and have not passed on exactly the change's tree, each with how it stands. */
export function notGreen(
  change: ChangeEntity,
  spec: SandboxSpec,
  results: readonly CheckResult[],
): { readonly name: string; readonly state: string }[] {
  const passed = new Set(
    results
      .filter((check) => check.treeId === change.treeId && check.state === CheckResult_State.PASSED)
      .map((check) => check.name),
  );
  return spec.checks
    .filter((check) => !check.advisory && !passed.has(check.name))
    .map(({ name }) => ({ name, state: results.find((check) => check.name === name)?.state ?? 'not run' }));
}

/** How a landing lands: as it says, or as its queue does. */
export function styleOf(asked: Landing_Style, queue: Pick<LandingQueueEntity, 'style'>): LandingStyle {
  return asked === Landing_Style.STYLE_UNSPECIFIED ? queue.style : asked;
}

/** Where a landing is delivered to: as it says, or as its queue does. A branch without a queue is pushed to. */
export function deliveryOf(
  asked: Landing_Delivery,
  queue: Pick<LandingQueueEntity, 'delivery'> | null,
): LandingDelivery {
  return asked === Landing_Delivery.DELIVERY_UNSPECIFIED ? (queue?.delivery ?? 'PUSH') : asked;
}
