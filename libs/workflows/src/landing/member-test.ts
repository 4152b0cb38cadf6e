import { temporalPriority, type LandingMember } from '@heddle/contracts/workflows';
import { CheckRun } from '../checks/check-run.js';
import { isRed, type MemberVerdict } from './landing-chain.js';
import { rows } from './review-activities.js';

/** Checks of a landing hold up the whole queue behind it: they go before agents of any priority but re-claims. */
const LANDING_PRIORITY = temporalPriority(1);

/** Runs the checks of one member in a sandbox of its merged tree. */
export class MemberTest {
  readonly #run: CheckRun;

  constructor(
    private readonly member: LandingMember,
    pool: string,
    fairnessKey: string,
  ) {
    this.#run = new CheckRun({
      owner: { kind: 'LANDING', id: member.landingId },
      commit: member.commit,
      checksTimeoutMs: member.checksTimeoutMs,
      pool,
      priority: { priorityKey: LANDING_PRIORITY, fairnessKey },
      raiseFence: () => rows.raiseLandingFence(member.landingId),
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
    const end = await this.#run.run();
    if (end.kind !== 'RAN') return end;
    return { kind: isRed(end.checks) ? 'RED' : 'GREEN', checks: end.checks };
  }
}
