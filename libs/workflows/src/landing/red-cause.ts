import type { CheckOutcome, LandingOwn, LandingProbe } from '@heddle/contracts/workflows';
import { FirstRed, isRed, redChecks } from '@heddle/domain';
import type { MemberVerdict } from './member-test.js';

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
  /** Names of the checks that are red. */
  readonly red: readonly string[];
  /** What it was merged onto; all zeroes where the branch does not exist yet. */
  readonly tip: string;
  /** The red checks passed on the tip a moment ago. */
  readonly isTipProven: boolean;
  readonly own?: LandingOwn | undefined;
}

/** Another tree that the checks of a red landing are asked of. */
export interface AskedTree {
  readonly commit: string;
  /** What is not in the tree: the checks of these landings, or of all others, are not asked of it. */
  readonly without: readonly string[] | 'OTHERS';
}

export interface Questions {
  /** What the landing's checks say of another tree. */
  readonly ask: (tree: AskedTree) => Promise<MemberVerdict>;
  /** The landing on each state of the branch since its change began; none where that can't be told. */
  readonly probes: () => Promise<readonly LandingProbe[]>;
}

/** Why a landing is red on the branch although its change was green on its base: its checks are asked of other trees. */
export async function findCause(landing: RedLanding, { ask, probes }: Questions): Promise<RedCause> {
  const { tip } = landing;
  if (NO_COMMIT.test(tip)) return { kind: 'UNKNOWN' };
  /** Red on the branch alone, of checks that nothing on it was ever asked. */
  let doubtful: readonly CheckOutcome[] = [];
  if (!landing.isTipProven) {
    const alone = await ask({ commit: tip, without: [] });
    if (alone.kind === 'UNWANTED') return { kind: 'UNWANTED' };
    if (alone.kind === 'BROKEN') return { kind: 'UNKNOWN' };
    const isNew = ({ name }: CheckOutcome): boolean => landing.own?.newChecks.includes(name) === true;
    const checks = alone.checks.filter((check) => !isNew(check));
    if (isRed(checks)) return { kind: 'TARGET_RED', checks };
    doubtful = alone.checks.filter(isNew);
  }
  const states = await probes();
  return states.length === 0 ? causeAtBase(landing, doubtful, ask) : causeAmong(landing, states, ask);
}

/**
 * Nobody can be named for what is red on the branch alone. It is the branch's fault where it was green at the change's base; what
 * was red there, too, asks for the change itself.
 */
async function causeAtBase(
  { own, tip }: RedLanding,
  doubtful: readonly CheckOutcome[],
  ask: Questions['ask'],
): Promise<RedCause> {
  if (!isRed(doubtful) || own === undefined || own.base === tip) return { kind: 'UNKNOWN' };
  const before = await ask({ commit: own.base, without: 'OTHERS' });
  if (before.kind === 'UNWANTED') return { kind: 'UNWANTED' };
  if (before.kind === 'BROKEN') return { kind: 'UNKNOWN' };
  const wereRed = redChecks(before.checks);
  const checks = doubtful.filter(({ name }) => !wereRed.includes(name));
  return isRed(checks) ? { kind: 'TARGET_RED', checks } : { kind: 'UNKNOWN' };
}

/** Looks for the first landing since the change began with which it is red. */
async function causeAmong(
  landing: RedLanding,
  probes: readonly LandingProbe[],
  ask: Questions['ask'],
): Promise<RedCause> {
  const idsFrom = (place: number): string[] => probes.slice(place).map((probe) => probe.landingId);
  const search = new FirstRed(probes.length);
  for (let place = search.next(); place !== undefined; place = search.next()) {
    const verdict = await ask({ commit: probes[place]?.commit ?? '', without: idsFrom(place + 1) });
    if (verdict.kind === 'UNWANTED') return { kind: 'UNWANTED' };
    if (verdict.kind === 'BROKEN') return { kind: 'UNKNOWN' };
    search.told(place, verdict.kind === 'RED');
  }
  const partner = probes[search.place];
  if (partner === undefined) return { kind: 'UNKNOWN' };
  // Its own checks passed on its own tree; those of others were never asked of it.
  if (search.place === 0 && landing.own !== undefined && !areAll(landing.red, landing.own.newChecks)) {
    const verdict = await ask({ commit: landing.own.head, without: idsFrom(0) });
    if (verdict.kind === 'UNWANTED') return { kind: 'UNWANTED' };
    if (verdict.kind !== 'GREEN') return { kind: 'UNKNOWN' };
  }
  return { kind: 'INTERACTION', landingId: partner.landingId };
}

function areAll(names: readonly string[], among: readonly string[]): boolean {
  return names.every((name) => among.includes(name));
}
