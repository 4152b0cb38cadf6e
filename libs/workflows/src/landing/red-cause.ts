import type { CheckOutcome } from '@heddle/contracts/workflows';
import { FirstRed } from '@heddle/domain';
import type { MemberVerdict } from './member-test.js';
import { branch } from './review-activities.js';

export type RedCause =
  /** The branch alone is red: it says nothing about the landing. */
  | { readonly kind: 'TARGET_RED'; readonly checks: readonly CheckOutcome[] }
  /** Green by itself, red together with a landing that is on the branch. */
  | { readonly kind: 'INTERACTION'; readonly landingId: string }
  | { readonly kind: 'UNKNOWN' }
  /** It was taken out of the queue meanwhile. */
  | { readonly kind: 'UNWANTED' };

const NO_COMMIT = /^0+$/;

export interface RedLanding {
  readonly landingId: string;
  /** What it was merged onto; all zeroes where the branch does not exist yet. */
  readonly tip: string;
  /** The same checks passed on the tip a moment ago. */
  readonly isTipProven: boolean;
}

/** Why a landing is red on the branch although its change was green on its base: its checks are asked of other trees. */
export async function findCause(
  { landingId, tip, isTipProven }: RedLanding,
  test: (commit: string) => Promise<MemberVerdict>,
): Promise<RedCause> {
  if (NO_COMMIT.test(tip)) return { kind: 'UNKNOWN' };
  if (!isTipProven) {
    const alone = await test(tip);
    if (alone.kind === 'UNWANTED') return { kind: 'UNWANTED' };
    if (alone.kind === 'RED') return { kind: 'TARGET_RED', checks: alone.checks };
    if (alone.kind === 'BROKEN') return { kind: 'UNKNOWN' };
  }
  const probes = await branch.planProbes({ landingId, tip });
  if (probes.length === 0) return { kind: 'UNKNOWN' };
  const search = new FirstRed(probes.length);
  for (let place = search.next(); place !== undefined; place = search.next()) {
    const verdict = await test(probes[place]?.commit ?? '');
    if (verdict.kind === 'UNWANTED') return { kind: 'UNWANTED' };
    if (verdict.kind === 'BROKEN') return { kind: 'UNKNOWN' };
    search.told(place, verdict.kind === 'RED');
  }
  const partner = probes[search.place];
  return partner === undefined ? { kind: 'UNKNOWN' } : { kind: 'INTERACTION', landingId: partner.landingId };
}
