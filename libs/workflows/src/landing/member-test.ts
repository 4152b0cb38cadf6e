import { CancellationScope, condition, sleep } from '@temporalio/workflow';
import {
  temporalPriority,
  type ChecksResult,
  type LandingMember,
  type RunnerActivities,
  type SandboxOwnerRef,
} from '@heddle/contracts/workflows';
import { classifyFailure, MAX_BROKEN_CLAIMS, MAX_LOSSES } from '../runner/failures.js';
import { phasesOn, poolOf, release } from '../runner/runner-queues.js';
import { isRed, type MemberVerdict } from './landing-chain.js';
import { rows } from './review-activities.js';

const NO_ROOM_PAUSE_MS = 1_000;
const STOP_PERIOD_MS = 2_000;
const HEARTBEAT_TIMEOUT_MS = 45_000;
/** Checks of a landing hold up the whole queue behind it: they go before agents of any priority but re-claims. */
const LANDING_PRIORITY = temporalPriority(1);

/** Runs the checks of one member in a sandbox of its merged tree: claim, checks, release; again where the runner was lost. */
export class MemberTest {
  #unwanted = false;
  #releasing: Promise<void> = Promise.resolve();

  constructor(
    private readonly member: LandingMember,
    private readonly pool: string,
    private readonly fairnessKey: string,
  ) {}

  /** Nobody needs the verdict any more: what runs is stopped. */
  cancel(): void {
    this.#unwanted = true;
  }

  /** Resolves when the slots that it held were given back; nobody's verdict waits for that. */
  released(): Promise<void> {
    return this.#releasing;
  }

  async run(): Promise<MemberVerdict> {
    if (!this.member.hasChecks) return { kind: 'GREEN', checks: [] };
    let losses = 0;
    let broken = 0;
    for (;;) {
      const result = await this.once();
      if (result === 'UNWANTED') return { kind: 'UNWANTED' };
      if (result === 'NO_ROOM') await sleep(NO_ROOM_PAUSE_MS);
      else if (result === 'LOST') losses += 1;
      else if ('outcome' in result) return this.verdict(result);
      else {
        broken += 1;
        if (broken >= MAX_BROKEN_CLAIMS) return { kind: 'BROKEN', ...result };
      }
      if (losses >= MAX_LOSSES)
        return { kind: 'BROKEN', reason: 'RUNNER_LOST', message: 'The runners that ran the checks were lost.' };
    }
  }

  private isUnwanted(): boolean {
    return this.#unwanted;
  }

  private verdict(result: ChecksResult): MemberVerdict {
    if (this.#unwanted || result.outcome === 'STOPPED') return { kind: 'UNWANTED' };
    return { kind: isRed(result.checks) ? 'RED' : 'GREEN', checks: result.checks };
  }

  private async once(): Promise<ChecksResult | 'UNWANTED' | 'NO_ROOM' | 'LOST' | { reason: string; message: string }> {
    if (this.isUnwanted()) return 'UNWANTED';
    const { fence, wanted } = await rows.raiseLandingFence(this.member.landingId);
    if (!wanted) return 'UNWANTED';
    const owner: SandboxOwnerRef = { kind: 'LANDING', id: this.member.landingId, fence };
    const runnerId = await this.claim(owner);
    if (runnerId === undefined) return this.isUnwanted() ? 'UNWANTED' : 'NO_ROOM';
    return this.check(
      owner,
      phasesOn(runnerId, { heartbeatTimeoutMs: HEARTBEAT_TIMEOUT_MS, workMs: this.member.checksTimeoutMs }),
    );
  }

  private async claim(owner: SandboxOwnerRef): Promise<string | undefined> {
    const scope = new CancellationScope();
    let answered = false;
    const claiming = scope.run(async () => {
      try {
        return await poolOf(this.pool, { priorityKey: LANDING_PRIORITY, fairnessKey: this.fairnessKey }).claim({
          owner,
        });
      } finally {
        answered = true;
      }
    });
    void condition(() => this.#unwanted || answered).then(() => {
      if (!answered) scope.cancel();
    });
    try {
      const claim = await claiming;
      return claim.outcome === 'CLAIMED' ? claim.runnerId : undefined;
    } catch {
      // Taken back, or broken before any phase began: the next claim may go to another runner.
      return undefined;
    }
  }

  private async check(
    owner: SandboxOwnerRef,
    phases: RunnerActivities,
  ): Promise<ChecksResult | 'LOST' | { reason: string; message: string }> {
    let over = false;
    const stopping = this.stopWhenUnwanted(owner, phases, () => over);
    let lost = false;
    try {
      return await phases.runChecks({ owner, turn: 1, commit: this.member.commit });
    } catch (error) {
      const failure = classifyFailure(error);
      lost = failure.kind !== 'BROKEN' && failure.kind !== 'FINAL';
      return failure.kind === 'BROKEN' || failure.kind === 'FINAL'
        ? { reason: failure.reason, message: failure.message }
        : 'LOST';
    } finally {
      over = true;
      await stopping;
      if (!lost) this.#releasing = Promise.all([this.#releasing, release(phases, owner)]).then(() => undefined);
    }
  }

  /** Asked again until the checks have ended: a stop that overtakes their start finds nothing to stop. */
  private async stopWhenUnwanted(owner: SandboxOwnerRef, phases: RunnerActivities, over: () => boolean): Promise<void> {
    await condition(() => this.#unwanted || over());
    while (!over()) {
      await phases.stop({ owner, reason: 'CANCELLED' }).catch(() => undefined);
      await condition(over, STOP_PERIOD_MS);
    }
  }
}
