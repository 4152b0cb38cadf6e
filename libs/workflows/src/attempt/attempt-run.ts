import { CancellationScope, condition, isCancellation, sleep } from '@temporalio/workflow';
import {
  RECLAIM_PRIORITY,
  type AttemptPlan,
  type AttemptStep,
  type CaptureResult,
  type CheckOutcome,
  type ClaimResult,
  type NextClaim,
  type ProvisionResult,
  type RunnerActivities,
  type SandboxOwnerRef,
  type TurnResult,
} from '@heddle/contracts/workflows';
import { endedWell, isEndState, judgeTurn } from '@heddle/domain';
import { classifyFailure, isOvertime, MAX_BROKEN_CLAIMS, MAX_LOSSES } from '../runner/failures.js';
import { phasesOn, poolOf, release } from '../runner/runner-queues.js';
import { rows } from './attempt-rows.js';
import type { PauseControl } from './pause-control.js';
import type { StopControl } from './stop-control.js';
import { untilSpent } from './time-limit.js';

/** How one claim ended: with the attempt's end, or with a reason to claim again. */
type ClaimEnd = 'ENDED' | 'LOST' | 'SUPERSEDED' | 'NO_ROOM' | { readonly broken: string; readonly message: string };

/** A runner that had no room after all asks for the next claim only after a pause. */
const NO_ROOM_PAUSE_MS = 1_000;
const STOP_PERIOD_MS = 2_000;
const PAUSE_PERIOD_MS = 2_000;

/**
 * One run of an attempt: claims a slot, takes the sandbox through its phases, and records each step once.
 * State lives here, wiring in the workflow's file.
 */
export class AttemptRun {
  #transition: number;
  #restartCount: number;
  #brokenClaims = 0;
  #timeLimitStarted = false;

  constructor(
    private readonly plan: AttemptPlan,
    private readonly stop: StopControl,
    private readonly pause: PauseControl,
  ) {
    this.#transition = plan.transition;
    this.#restartCount = plan.restartCount;
  }

  async run(first: NextClaim): Promise<void> {
    let lastBroken = '';
    for (let next = first; ; next = await rows.raiseFence(this.plan.attemptId)) {
      const end = await this.claimOnce(next);
      if (end === 'ENDED' || end === 'SUPERSEDED') return;
      if (end === 'NO_ROOM') {
        await sleep(NO_ROOM_PAUSE_MS);
        continue;
      }
      if (end === 'LOST') {
        this.#restartCount += 1;
        if (this.#restartCount >= MAX_LOSSES) {
          await this.record({ state: 'FAILED', statusDetail: 'RUNNER_LOST' });
          return;
        }
        await this.record({ state: 'QUEUED', statusDetail: 'RUNNER_LOST' });
        continue;
      }
      this.#brokenClaims = end.broken === lastBroken ? this.#brokenClaims + 1 : 1;
      lastBroken = end.broken;
      if (this.#brokenClaims >= MAX_BROKEN_CLAIMS) {
        await this.record({ state: 'FAILED', statusDetail: end.broken, message: end.message });
        return;
      }
      await this.record({ state: 'QUEUED', statusDetail: end.broken, message: end.message });
    }
  }

  private async claimOnce({ fence, stop, pause }: NextClaim): Promise<ClaimEnd> {
    if (stop !== undefined) this.stop.request(stop);
    if (pause !== undefined) this.pause.want(pause);
    const owner: SandboxOwnerRef = { kind: 'ATTEMPT', id: this.plan.attemptId, fence };
    const claim = await this.claimUnlessStopped(owner);
    if (claim === undefined) return this.endStopped();
    if (claim.outcome === 'NO_ROOM') return 'NO_ROOM';
    const phases = phasesOn(claim.runnerId, {
      heartbeatTimeoutMs: this.plan.heartbeatTimeoutMs,
      workMs: this.plan.timeLimitMs,
      setupMs: this.plan.setupTimeoutMs,
    });
    const end = await this.guardedPhases(owner, claim.runnerId, phases);
    if (end === 'ENDED') {
      // A runner of an earlier version says nothing.
      const until = (await release(phases, owner))?.keptUntil;
      if (until !== undefined) await rows.recordKept({ attemptId: owner.id, until });
    }
    return end;
  }

  /** A queued claim is taken back when a stop comes; one that was answered in the same moment is used, and then stopped. */
  private async claimUnlessStopped(owner: SandboxOwnerRef): Promise<ClaimResult | undefined> {
    if (this.isStopped()) return undefined;
    const scope = new CancellationScope();
    let answered = false;
    const { pool, priority, fairnessKey, fairnessWeight } = this.plan;
    const priorityKey = this.#restartCount > 0 ? RECLAIM_PRIORITY : priority;
    const claiming = scope.run(async () => {
      try {
        return await poolOf(pool, { priorityKey, fairnessKey, fairnessWeight }).claim({ owner });
      } finally {
        answered = true;
      }
    });
    void this.stop
      .requested(() => answered)
      .then(() => {
        if (!answered) scope.cancel();
      });
    try {
      return await claiming;
    } catch (error) {
      if (isCancellation(error)) return undefined;
      // Whatever broke there, no phase has begun: the next claim may go to another runner.
      return { outcome: 'NO_ROOM' };
    }
  }

  private async guardedPhases(owner: SandboxOwnerRef, runnerId: string, phases: RunnerActivities): Promise<ClaimEnd> {
    let over = false;
    // Of an earlier claim's sandbox: this one is another.
    this.pause.became(false);
    const stopping = this.stopWhenRequested(owner, phases, () => over);
    const pausing = this.pauseWhenWanted(owner, phases, () => over);
    try {
      return await this.phases(owner, runnerId, phases);
    } catch (error) {
      const failure = classifyFailure(error);
      if (this.isStopped() && failure.kind !== 'SUPERSEDED') return await this.endStopped();
      switch (failure.kind) {
        case 'LOST':
          return 'LOST';
        case 'SUPERSEDED':
          return 'SUPERSEDED';
        case 'FINAL':
          await this.record({ state: 'FAILED', statusDetail: failure.reason, message: failure.message });
          return 'ENDED';
        case 'BROKEN':
          await release(phases, owner);
          return { broken: failure.reason, message: failure.message };
      }
    } finally {
      over = true;
      await Promise.all([stopping, pausing]);
    }
  }

  /** Asked again until the phases have ended: nothing but a stop ends an agent, and one may find its runner away. */
  private async stopWhenRequested(
    owner: SandboxOwnerRef,
    phases: RunnerActivities,
    over: () => boolean,
  ): Promise<void> {
    const reason = await this.stop.requested(over);
    while (reason !== undefined && !over()) {
      await phases.stop({ owner, reason }).catch(() => undefined);
      await condition(over, STOP_PERIOD_MS);
    }
  }

  /**
   * Brings the sandbox in line with what is wanted, until the phases have ended. A pause is asked for only while an agent
   * is there to be paused; a runner that is away is asked again.
   */
  private async pauseWhenWanted(owner: SandboxOwnerRef, phases: RunnerActivities, over: () => boolean): Promise<void> {
    const isDone = (): boolean => over() || this.isStopped();
    const { attemptId } = this.plan;
    for (;;) {
      await condition(() => isDone() || this.pause.wanted !== this.pause.isPaused);
      if (isDone()) return;
      const paused = this.pause.wanted;
      try {
        await (paused ? phases.pause({ owner }) : phases.resume({ owner }));
        this.pause.became(paused);
        await rows.recordPause({ attemptId, paused });
      } catch {
        await condition(isDone, PAUSE_PERIOD_MS);
      }
    }
  }

  /** A pause may last longer than a phase may take: then the same work is attached to again. */
  private async runTurn(owner: SandboxOwnerRef, phases: RunnerActivities): Promise<TurnResult> {
    for (;;) {
      const pausedMs = this.pause.totalMs();
      try {
        return await phases.runTurn({ owner, turn: this.plan.turn });
      } catch (error) {
        if (!isOvertime(error) || this.pause.totalMs() === pausedMs) throw error;
      }
    }
  }

  private async phases(owner: SandboxOwnerRef, runnerId: string, phases: RunnerActivities): Promise<'ENDED'> {
    const { turn } = this.plan;
    if (await this.record({ state: 'PROVISIONING', statusDetail: '', runnerId })) return 'ENDED';
    const sandbox = await phases.provision({ owner });
    if (this.isStopped()) return this.endStopped({ sandbox });
    if (await this.record({ state: 'RUNNING', statusDetail: '', runnerId, sandbox })) return 'ENDED';
    this.startTimeLimit();
    await this.pause.released(() => this.isStopped());
    const turnResult = await this.runTurn(owner, phases);
    const captured = await phases.capture({ owner, turn, partial: !endedWell(turnResult) });
    const verdict = judgeTurn(turnResult, captured);
    const facts = { turn: turnResult, changeId: captured.changeId };
    if (this.isStopped()) return this.endStopped(facts);
    if (verdict.partial) {
      await this.record({ state: verdict.state as AttemptStep['state'], statusDetail: verdict.statusDetail, ...facts });
      return 'ENDED';
    }
    return this.check(owner, phases, facts, captured, verdict.statusDetail);
  }

  private async check(
    owner: SandboxOwnerRef,
    phases: RunnerActivities,
    facts: { readonly turn: TurnResult; readonly changeId: string },
    captured: CaptureResult,
    statusDetail: string,
  ): Promise<'ENDED'> {
    let checks: readonly CheckOutcome[] = [];
    if (this.plan.hasChecks) {
      if (await this.record({ state: 'CHECKING', statusDetail, ...facts })) return 'ENDED';
      const result = await phases.runChecks({ owner, turn: this.plan.turn, commit: captured.commit });
      checks = result.checks;
    }
    if (this.isStopped()) return this.endStopped({ ...facts, checks });
    await this.record({ state: 'COMPLETED', statusDetail, ...facts, checks });
    return 'ENDED';
  }

  /** The end of a stopped attempt: what is known of it by then is recorded beside the reason. */
  private async endStopped(
    facts: {
      readonly sandbox?: ProvisionResult;
      readonly turn?: TurnResult;
      readonly changeId?: string;
      readonly checks?: readonly CheckOutcome[];
    } = {},
  ): Promise<'ENDED'> {
    const verdict = judgeTurn({ outcome: 'STOPPED', stopReason: this.stop.reason }, { empty: true });
    await this.record({ state: verdict.state as AttemptStep['state'], statusDetail: verdict.statusDetail, ...facts });
    return 'ENDED';
  }

  /** Asked anew each time: a stop may come at every `await`. */
  private isStopped(): boolean {
    return this.stop.reason !== undefined;
  }

  private startTimeLimit(): void {
    if (this.#timeLimitStarted) return;
    this.#timeLimitStarted = true;
    void untilSpent(this.plan.timeLimitMs, {
      sleep,
      untilResumed: () => condition(() => !this.pause.isPaused),
      pausedMs: () => this.pause.totalMs(),
      now: () => Date.now(),
    }).then(() => {
      this.stop.request('TIME_LIMIT');
    });
  }

  /** @returns true where the stored outcome already ends the attempt, whatever this run wanted to say. */
  private async record(step: Omit<AttemptStep, 'attemptId' | 'transition' | 'restartCount'>): Promise<boolean> {
    this.#transition += 1;
    const stored = await rows.recordStep({
      ...step,
      attemptId: this.plan.attemptId,
      transition: this.#transition,
      restartCount: this.#restartCount,
    });
    return isEndState(stored.state);
  }
}
