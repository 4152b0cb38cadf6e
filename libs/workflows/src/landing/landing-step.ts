import { condition } from '@temporalio/workflow';
import type { LandingMember, LandingPlan, LandingRules, LandingWorkflowInput } from '@heddle/contracts/workflows';
import { LandingChain, redChecks, type ChainMove, type LandingWindow } from '@heddle/domain';
import { MemberTest, type MemberVerdict } from './member-test.js';
import { findCause, type AskedTree } from './red-cause.js';
import { branch, rows } from './review-activities.js';

/** Of plans that were made before there were settings. */
const PLAIN: LandingRules = { batch: 1, retryFlakes: false };

/** One plan from its merges to its pushes: tests what its chain wants and lands what is proven as soon as all before it have landed. */
export class LandingStep {
  readonly #chain: LandingChain;
  readonly #tests = new Map<number, MemberTest>();
  readonly #verdicts = new Map<number, MemberVerdict>();
  readonly #probes: MemberTest[] = [];
  readonly #unwanted = new Set<string>();
  readonly #running: Promise<void>[] = [];
  #looked = false;

  constructor(
    private readonly input: LandingWorkflowInput,
    private readonly plan: Extract<LandingPlan, { kind: 'STEP' }>,
    private readonly window: LandingWindow,
  ) {
    this.#chain = new LandingChain(plan.members.length, this.rules.batch);
  }

  /** Somebody changed a row: one of the members may not be wanted any more. */
  look(): void {
    this.#looked = true;
  }

  async run(): Promise<void> {
    try {
      do this.startTests();
      while (await this.move(this.#chain.next()));
    } finally {
      for (const test of this.allTests()) test.cancel();
      await Promise.all(this.#running);
    }
  }

  /** Resolves when the slots of all its tests were given back; the next plan does not wait for that. */
  async released(): Promise<void> {
    await Promise.all(this.allTests().map((test) => test.released()));
  }

  private get rules(): LandingRules {
    return this.plan.rules ?? PLAIN;
  }

  /** Members that are neither landed nor dropped. */
  private get remaining(): readonly LandingMember[] {
    return this.plan.members.slice(this.#chain.head);
  }

  private allTests(): MemberTest[] {
    return [...this.#tests.values(), ...this.#probes];
  }

  private startTests(): void {
    const wanted = this.#chain.wanted();
    if (this.plan.rules !== undefined) {
      for (const [place, test] of this.#tests)
        if (!this.#chain.isJudged(place) && !wanted.includes(place)) test.cancel();
    }
    for (const place of wanted) if (!this.#tests.has(place)) this.startTest(place);
  }

  private startTest(place: number): void {
    const member = this.plan.members[place];
    if (member === undefined) throw new Error(`unreachable: the chain has no member ${String(place)}`);
    const test = this.testOf(member, { checksOf: this.askedOf(place) });
    this.#tests.set(place, test);
    this.#running.push(
      test.run().then((verdict) => {
        this.#verdicts.set(place, verdict);
        this.#chain.judge(place, verdict.kind === 'BROKEN' ? 'RED' : verdict.kind);
      }),
    );
  }

  private testOf(
    member: LandingMember,
    { probe, checksOf }: { readonly probe?: string; readonly checksOf: readonly string[] | undefined },
  ): MemberTest {
    return new MemberTest(member, {
      pool: this.plan.pool,
      fairnessKey: this.input.repositoryId,
      retries: this.rules.retryFlakes,
      ...(probe === undefined ? {} : { probe }),
      ...(checksOf === undefined ? {} : { checksOf }),
    });
  }

  /** Landings whose checks the merge of a place has to pass, its own last; undefined: its own alone, as plans of before had it. */
  private askedOf(place: number): readonly string[] | undefined {
    const { landed, members } = this.plan;
    return landed && [...landed, ...members.slice(0, place + 1).map(({ landingId }) => landingId)];
  }

  /** @returns false when the chain is over */
  private async move(next: ChainMove): Promise<boolean> {
    switch (next.kind) {
      case 'DONE':
        return false;
      case 'WAIT':
        await condition(
          () =>
            this.#looked ||
            this.#chain.next().kind !== 'WAIT' ||
            this.#chain.wanted().some((place) => !this.#tests.has(place)),
        );
        if (this.#looked) await this.dropUnwanted();
        return true;
      case 'LAND':
        return this.land(this.remaining.slice(0, next.count));
      case 'DROP':
        await this.drop(next.verdict);
        return false;
    }
  }

  private async land(members: readonly LandingMember[]): Promise<boolean> {
    const outcome = await branch.land({
      repositoryId: this.input.repositoryId,
      branch: this.input.branch,
      tip: this.tip(),
      members: members.map(({ landingId, commit }, index) => ({
        landingId,
        commit,
        checks: this.checksOf(this.#chain.head + index),
      })),
    });
    if (outcome.kind === 'LANDED') {
      this.window.landed(outcome.landed);
      this.#chain.landed(outcome.landed);
      if (outcome.landed === members.length) return true;
    }
    if (outcome.kind === 'REFUSED') this.window.single();
    await this.requeue(this.remaining);
    return false;
  }

  /** What the head of the chain was merged onto, which is what the branch has to be. */
  private tip(): string {
    return this.plan.members[this.#chain.head - 1]?.commit ?? this.plan.tip;
  }

  /** Of the test that stands for the member: its own, or the next one behind. */
  private checksOf(place: number): Extract<MemberVerdict, { kind: 'GREEN' }>['checks'] {
    for (let behind = place; behind < this.plan.members.length; behind += 1) {
      const verdict = this.#verdicts.get(behind);
      if (verdict?.kind === 'GREEN') return verdict.checks;
    }
    return [];
  }

  private async drop(word: 'RED' | 'UNWANTED'): Promise<void> {
    const [member, ...behind] = this.remaining;
    if (member === undefined) throw new Error('unreachable: what is dropped is there');
    const verdict = this.#verdicts.get(this.#chain.head);
    if (word === 'RED' && verdict?.kind === 'BROKEN') {
      this.window.failed();
      const message = `${verdict.reason}: ${verdict.message}`;
      const { landingId, commit } = member;
      await rows.ejectLanding({ landingId, commit, reason: 'CHECKS_NOT_RUN', message, checks: [] });
    } else if (word === 'RED' && verdict?.kind === 'RED' && !(await this.ejectRed(member, verdict))) {
      await this.requeue([member, ...behind]);
      return;
    }
    await this.requeue(behind);
  }

  /** @returns false where it was not the member's fault */
  private async ejectRed(member: LandingMember, { checks }: Extract<MemberVerdict, { kind: 'RED' }>): Promise<boolean> {
    const { landingId, commit } = member;
    const checksOf = this.askedOf(this.#chain.head);
    const plain = {
      landingId,
      commit,
      reason: 'CHECK_FAILED',
      message: '',
      checks,
      ...(checksOf === undefined ? {} : { checksOf }),
    };
    if (this.plan.rules === undefined) {
      this.window.failed();
      await rows.ejectLanding(plain);
      return true;
    }
    const red = redChecks(checks);
    const cause = await findCause(
      { red, tip: this.tip(), isTipProven: this.isTipProven(member, red), own: member.own },
      {
        ask: (tree) => this.probe(member, tree),
        probes: () => branch.planProbes({ landingId, tip: this.tip() }),
      },
    );
    if (cause.kind === 'UNWANTED') return true;
    if (cause.kind === 'TARGET_RED') {
      const { repositoryId } = this.input;
      await rows.stopQueue({ repositoryId, branch: this.input.branch, tip: this.tip(), checks: cause.checks });
      return false;
    }
    this.window.failed();
    await rows.ejectLanding(
      cause.kind === 'INTERACTION' ? { ...plain, reason: 'INTERACTION', partnerId: cause.landingId } : plain,
    );
    return true;
  }

  /** What landed right before the member passed all its checks but the new ones; of the first one nothing is known. */
  private isTipProven({ own }: LandingMember, red: readonly string[]): boolean {
    if (this.#chain.head === 0) return false;
    return own === undefined ? this.rules.sameChecks === true : !red.some((name) => own.newChecks.includes(name));
  }

  /** The checks of a member on another commit than its own. */
  private async probe(member: LandingMember, { commit, without }: AskedTree): Promise<MemberVerdict> {
    const asked = this.askedOf(this.#chain.head);
    const checksOf = without === 'OTHERS' ? [member.landingId] : asked?.filter((id) => !without.includes(id));
    const test = this.testOf(member, { probe: commit, checksOf });
    this.#probes.push(test);
    let verdict: MemberVerdict | undefined;
    this.#running.push(
      test.run().then((found) => {
        verdict = found;
      }),
    );
    for (;;) {
      await condition(() => verdict !== undefined || this.#looked);
      if (verdict !== undefined) return verdict;
      await this.dropUnwanted();
      if (this.#unwanted.has(member.landingId)) test.cancel();
    }
  }

  private async requeue(members: readonly LandingMember[]): Promise<void> {
    await rows.requeueLandings(members.map(({ landingId }) => landingId));
  }

  private async dropUnwanted(): Promise<void> {
    this.#looked = false;
    const open = this.remaining.map(({ landingId }) => landingId);
    const wanted = new Set(await rows.stillWanted(open));
    for (const [place, { landingId }] of this.plan.members.entries()) {
      if (!open.includes(landingId) || wanted.has(landingId)) continue;
      this.#unwanted.add(landingId);
      this.#tests.get(place)?.cancel();
      this.#chain.judge(place, 'UNWANTED');
    }
  }
}
