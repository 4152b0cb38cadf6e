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
  /** Another commit than the member's own, for its checks. */
  readonly probe?: string;
}

/** Runs the checks of one member in a sandbox of its merged tree. */
export class MemberTest {
  readonly #run: CheckRun;

  constructor(
    private readonly member: LandingMember,
    private readonly options: MemberTestOptions,
  ) {
    const { landingId, commit, checksTimeoutMs } = member;
    const { pool, fairnessKey, probe } = options;
    this.#run = new CheckRun({
      owner: { kind: 'LANDING', id: landingId },
      commit: probe ?? commit,
      checksTimeoutMs,
      pool,
      priority: { priorityKey: LANDING_PRIORITY, fairnessKey },
      raiseFence: () =>
        probe === undefined ? rows.raiseLandingFence(landingId) : rows.raiseLandingFence(landingId, probe),
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
    if (!this.member.hasChecks) return { kind: 'GREEN', checks: [] };
    const first = await this.#run.run();
    if (first.kind !== 'RAN') return first;
    if (!isRed(first.checks) || !this.options.retries) return verdictOf(first.checks);
    const second = await this.#run.run();
    return second.kind === 'RAN' ? verdictOf(retriedChecks(first.checks, second.checks)) : second;
  }
}

function verdictOf(checks: readonly CheckOutcome[]): MemberVerdict {
  return { kind: isRed(checks) ? 'RED' : 'GREEN', checks };
}
