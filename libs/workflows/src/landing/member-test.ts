import { temporalPriority, type CheckOutcome, type LandingMember } from '@heddle/contracts/workflows';
import { isRed, retriedChecks } from '@heddle/domain';
import { CheckRun } from '../checks/check-run.js';
import { rows } from './review-activities.js';

/** Checks of a landing hold up the whole queue behind it: they go before agents of any priority but re-claims. */
const LANDING_PRIORITY = temporalPriority(1);

/** What testing one member of a chain came to. */
export type MemberVerdict =
  | { readonly kind: 'GREEN'; readonly checks: readonly CheckOutcome[] }
  | { readonly kind: 'RED'; readonly checks: readonly CheckOutcome[] }
  /** The platform could not run its checks. */
  | { readonly kind: 'BROKEN'; readonly reason: string; readonly message: string }
  /** It was taken out of the queue. */
  | { readonly kind: 'UNWANTED' };

export interface MemberTestOptions {
  readonly pool: string;
  readonly fairnessKey: string;
  /** What is red runs once more on the same tree; what passes then is flaky. */
  readonly retries: boolean;
  /** Another commit than the member's own. */
  readonly probe?: string;
  /** Landings whose checks are run; absent: the member's own alone. */
  readonly checksOf?: readonly string[];
}

/** Runs the checks that one member has to pass on its merged tree: in a sandbox of its own for each of their environments. */
export class MemberTest {
  readonly #run: CheckRun;
  #number = 0;
  #tests = 1;

  constructor(
    private readonly member: LandingMember,
    private readonly options: MemberTestOptions,
  ) {
    const { landingId, commit, checksTimeoutMs } = member;
    const { pool, fairnessKey, probe, checksOf } = options;
    this.#run = new CheckRun({
      owner: { kind: 'LANDING', id: landingId },
      commit: probe ?? commit,
      checksTimeoutMs,
      pool,
      priority: { priorityKey: LANDING_PRIORITY, fairnessKey },
      raiseFence: async () => {
        const { tests, ...raised } = await rows.raiseLandingFence(landingId, {
          ...(probe === undefined ? {} : { probe }),
          ...(checksOf === undefined ? {} : { checksOf }),
          number: this.#number,
        });
        this.#tests = tests ?? 1;
        return raised;
      },
    });
  }

  /** Nobody needs the verdict any more: what runs is stopped. */
  cancel(): void {
    this.#run.cancel();
  }

  /** Resolves when the slots that it held were given back; nobody's verdict waits for that. */
  released(): Promise<void> {
    return this.#run.released();
  }

  async run(): Promise<MemberVerdict> {
    if (!this.member.hasChecks) return verdictOf([]);
    const checks: CheckOutcome[] = [];
    for (this.#number = 0; this.#number < this.#tests; this.#number += 1) {
      const verdict = await this.inOneEnvironment();
      if (verdict.kind !== 'GREEN' && verdict.kind !== 'RED') return verdict;
      checks.push(...verdict.checks);
    }
    return verdictOf(checks);
  }

  private async inOneEnvironment(): Promise<MemberVerdict> {
    const first = await this.#run.run();
    if (first.kind !== 'RAN') return first;
    if (!isRed(first.checks) || !this.options.retries) return verdictOf(first.checks);
    const second = await this.#run.run();
    return second.kind === 'RAN' ? verdictOf(retriedChecks(first.checks, second.checks)) : second;
  }
}

function verdictOf(checks: readonly CheckOutcome[]): Extract<MemberVerdict, { kind: 'GREEN' | 'RED' }> {
  return { kind: isRed(checks) ? 'RED' : 'GREEN', checks };
}
