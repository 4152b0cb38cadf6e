import type { CheckOutcome, LandingMember } from '@heddle/contracts/workflows';

/** What testing one member of a chain came to. */
export type MemberVerdict =
  | { readonly kind: 'GREEN'; readonly checks: readonly CheckOutcome[] }
  | { readonly kind: 'RED'; readonly checks: readonly CheckOutcome[] }
  /** The platform could not run its checks. */
  | { readonly kind: 'BROKEN'; readonly reason: string; readonly message: string }
  /** It was taken out of the queue. */
  | { readonly kind: 'UNWANTED' };

export interface GreenMember {
  readonly landingId: string;
  readonly commit: string;
  readonly checks: readonly CheckOutcome[];
}

export type NextMove =
  | { readonly kind: 'WAIT' }
  | { readonly kind: 'DONE' }
  | { readonly kind: 'LAND'; readonly tip: string; readonly members: readonly GreenMember[] }
  /** The head of the chain falls out; everything behind was merged onto it and has to be merged again. */
  | {
      readonly kind: 'DROP';
      readonly member: LandingMember;
      readonly verdict: Exclude<MemberVerdict, { kind: 'GREEN' }>;
      readonly behind: readonly string[];
    };

/**
 * A chain of merges under test: member k was merged onto member k-1, so its verdict counts only once all before it have landed.
 * Pure: the workflow tells it what happened and does what it says.
 */
export class LandingChain {
  readonly #verdicts = new Map<string, MemberVerdict>();
  #rest: readonly LandingMember[];
  #tip: string;

  constructor(tip: string, members: readonly LandingMember[]) {
    this.#tip = tip;
    this.#rest = members;
  }

  /** Members that are neither landed nor dropped. */
  get remaining(): readonly string[] {
    return this.#rest.map((member) => member.landingId);
  }

  /** The first verdict of a member holds. */
  judge(landingId: string, verdict: MemberVerdict): void {
    if (!this.#verdicts.has(landingId)) this.#verdicts.set(landingId, verdict);
  }

  isJudged(landingId: string): boolean {
    return this.#verdicts.has(landingId);
  }

  next(): NextMove {
    const green: GreenMember[] = [];
    for (const member of this.#rest) {
      const verdict = this.#verdicts.get(member.landingId);
      if (verdict?.kind !== 'GREEN') break;
      green.push({ landingId: member.landingId, commit: member.commit, checks: verdict.checks });
    }
    if (green.length > 0) return { kind: 'LAND', tip: this.#tip, members: green };
    const [head, ...behind] = this.#rest;
    if (head === undefined) return { kind: 'DONE' };
    const verdict = this.#verdicts.get(head.landingId);
    if (verdict === undefined || verdict.kind === 'GREEN') return { kind: 'WAIT' };
    return { kind: 'DROP', member: head, verdict, behind: behind.map((member) => member.landingId) };
  }

  /** The first `count` members are on the branch. */
  landed(count: number): void {
    this.#tip = this.#rest[count - 1]?.commit ?? this.#tip;
    this.#rest = this.#rest.slice(count);
  }
}

/** Checks that say no; those of the advisory kind don't count. A check that did not run proves nothing. */
export function isRed(checks: readonly CheckOutcome[]): boolean {
  return checks.some((check) => !check.advisory && check.state !== 'PASSED');
}
