import { condition } from '@temporalio/workflow';
import type { LandingPlan, LandingWorkflowInput } from '@heddle/contracts/workflows';
import { branch, rows } from './review-activities.js';
import { LandingChain, type NextMove } from './landing-chain.js';
import type { LandingWindow } from './landing-window.js';
import { MemberTest } from './member-test.js';

/** One plan from its merges to its pushes: tests all members at once and lands each as soon as all before it have landed. */
export class LandingStep {
  readonly #chain: LandingChain;
  readonly #tests = new Map<string, MemberTest>();
  #looked = false;

  constructor(
    private readonly input: LandingWorkflowInput,
    private readonly plan: Extract<LandingPlan, { kind: 'STEP' }>,
    private readonly window: LandingWindow,
  ) {
    this.#chain = new LandingChain(plan.tip, plan.members);
  }

  /** Somebody changed a row: one of the members may not be wanted any more. */
  look(): void {
    this.#looked = true;
  }

  async run(): Promise<void> {
    const tests = this.plan.members.map(async (member) => {
      const test = new MemberTest(member, this.plan.pool, this.input.repositoryId);
      this.#tests.set(member.landingId, test);
      this.#chain.judge(member.landingId, await test.run());
    });
    try {
      while (await this.move(this.#chain.next()));
    } finally {
      for (const test of this.#tests.values()) test.cancel();
      await Promise.all(tests);
    }
  }

  /** Resolves when the slots of all its tests were given back; the next plan does not wait for that. */
  async released(): Promise<void> {
    await Promise.all([...this.#tests.values()].map((test) => test.released()));
  }

  /** @returns false when the chain is over */
  private async move(next: NextMove): Promise<boolean> {
    switch (next.kind) {
      case 'DONE':
        return false;
      case 'WAIT':
        await condition(() => this.#looked || this.#chain.next().kind !== 'WAIT');
        if (this.#looked) await this.dropUnwanted();
        return true;
      case 'LAND':
        return this.land(next);
      case 'DROP':
        await this.drop(next);
        return false;
    }
  }

  private async land(next: Extract<NextMove, { kind: 'LAND' }>): Promise<boolean> {
    const outcome = await branch.land({
      repositoryId: this.input.repositoryId,
      branch: this.input.branch,
      tip: next.tip,
      members: next.members,
    });
    if (outcome.kind === 'LANDED') {
      this.window.landed(outcome.landed);
      this.#chain.landed(outcome.landed);
      if (outcome.landed === next.members.length) return true;
    }
    if (outcome.kind === 'REFUSED') this.window.single();
    await rows.requeueLandings(this.#chain.remaining);
    return false;
  }

  private async drop({ member, verdict, behind }: Extract<NextMove, { kind: 'DROP' }>): Promise<void> {
    if (verdict.kind !== 'UNWANTED') {
      this.window.failed();
      const broken = verdict.kind === 'BROKEN';
      await rows.ejectLanding({
        landingId: member.landingId,
        commit: member.commit,
        reason: broken ? 'CHECKS_NOT_RUN' : 'CHECK_FAILED',
        message: broken ? `${verdict.reason}: ${verdict.message}` : '',
        checks: broken ? [] : verdict.checks,
      });
    }
    await rows.requeueLandings(behind);
  }

  private async dropUnwanted(): Promise<void> {
    this.#looked = false;
    const open = this.#chain.remaining;
    const wanted = new Set(await rows.stillWanted(open));
    for (const landingId of open.filter((id) => !wanted.has(id))) {
      this.#tests.get(landingId)?.cancel();
      this.#chain.judge(landingId, { kind: 'UNWANTED' });
    }
  }
}
