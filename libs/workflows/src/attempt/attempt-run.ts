import { condition, sleep } from '@temporalio/workflow';
import {
  RECLAIM_PRIORITY,
  type AttemptPlan,
  type AttemptStep,
  type CapturedTurn,
  type CaptureResult,
  type CheckOutcome,
  type NextClaim,
  type ProvisionResult,
  type RunnerActivities,
  type SandboxOwnerRef,
  type TurnResult,
} from '@heddle/contracts/workflows';
import { endedWell, isEndState, judgeTurn } from '@heddle/domain';
import { claimUnlessStopped, claimUntilEnded, stopWhenRequested, type ClaimEnd } from '../runner/claim-loop.js';
import { classifyFailure, isOvertime } from '../runner/failures.js';
import { phasesOn, poolOf, release } from '../runner/runner-queues.js';
import type { StopControl } from '../runner/stop-control.js';
import { rows } from './attempt-rows.js';
import type { PauseControl } from './pause-control.js';
import { untilSpent } from './time-limit.js';

const PAUSE_PERIOD_MS = 2_000;

/**
 * One run of an attempt: claims a slot, takes the sandbox through its phases, and records each step once.
 * State lives here, wiring in the workflow's file.
 */
export class AttemptRun {
  #transition: number;
  #restartCount: number;
  #timeLimitStarted = false;
  #turnFollows = false;

  constructor(
    private readonly plan: AttemptPlan,
    private readonly stop: StopControl,
    private readonly pause: PauseControl,
    /** Of this turn alone: the next one begins then. */
    private readonly interrupt: StopControl,
  ) {
    this.#transition = plan.transition;
    this.#restartCount = plan.restartCount;
  }

  /** A message waited for the turn's end. */
  get turnFollows(): boolean {
    return this.#turnFollows;
  }

  run(first: NextClaim): Promise<void> {
    return claimUntilEnded(first, {
      claimOnce: (claim) => this.claimOnce(claim),
      nextClaim: () => rows.raiseFence(this.plan.attemptId),
      lost: () => (this.#restartCount += 1),
      record: ({ isFinal, ...why }) => this.record({ state: isFinal ? 'FAILED' : 'QUEUED', ...why }),
    });
  }

  private async claimOnce({ fence, stop, pause, interrupt, holdUntil }: NextClaim): Promise<ClaimEnd> {
    this.stop.agentRuns(true);
    if (stop !== undefined) this.stop.request(stop);
    if (pause !== undefined) this.pause.want(pause);
    if (interrupt === true) this.interrupt.request('INTERRUPTED');
    if (holdUntil !== undefined) {
      await condition(() => this.isStopped(), Math.max(1, holdUntil - Date.now()));
      // A cooldown may have become longer meanwhile.
      if (!this.isStopped()) return 'NO_ROOM';
    }
    const owner: SandboxOwnerRef = { kind: 'ATTEMPT', id: this.plan.attemptId, fence };
    const { pool, priority, fairnessKey, fairnessWeight } = this.plan;
    const priorityKey = this.#restartCount > 0 ? RECLAIM_PRIORITY : priority;
    const claim = await claimUnlessStopped(
      poolOf(pool, { priorityKey, fairnessKey, fairnessWeight }),
      owner,
      this.stop,
    );
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

  private async guardedPhases(owner: SandboxOwnerRef, runnerId: string, phases: RunnerActivities): Promise<ClaimEnd> {
    let over = false;
    // Of an earlier claim's sandbox: this one is another.
    this.pause.became(false);
    const stopping = stopWhenRequested(owner, phases, this.stop, () => over);
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

  /** What an interrupt ends is the turn's agent, not the attempt. */
  private async interruptibleTurn(owner: SandboxOwnerRef, phases: RunnerActivities): Promise<TurnResult> {
    let over = false;
    const interrupting = stopWhenRequested(owner, phases, this.interrupt, () => over);
    try {
      return await this.runTurn(owner, phases);
    } finally {
      over = true;
      await interrupting;
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
    const turnResult = await this.interruptibleTurn(owner, phases);
    this.stop.agentRuns(false);
    const captured = await phases.capture({ owner, turn, partial: !endedWell(turnResult) });
    const verdict = judgeTurn(turnResult, captured, this.plan.mode);
    const facts = { turn: turnResult, changeId: captured.changeId, captured: capturedTurn(captured) };
    if (this.isStopped()) return this.endStopped(facts);
    const isChecked = verdict.state === 'COMPLETED' && (this.plan.mode ?? 'CODE') === 'CODE';
    if (!isChecked) {
      await this.record({ state: verdict.state, statusDetail: verdict.statusDetail, ...facts });
      return 'ENDED';
    }
    return this.check(owner, phases, facts, captured, verdict.statusDetail);
  }

  private async check(
    owner: SandboxOwnerRef,
    phases: RunnerActivities,
    facts: { readonly turn: TurnResult; readonly changeId: string; readonly captured: CapturedTurn },
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
      readonly captured?: CapturedTurn;
      readonly checks?: readonly CheckOutcome[];
    } = {},
  ): Promise<'ENDED'> {
    const verdict = judgeTurn({ outcome: 'STOPPED', stopReason: this.stop.reason }, { empty: true });
    await this.record({ state: verdict.state, statusDetail: verdict.statusDetail, ...facts });
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

  /** @returns true where the stored outcome already ends the attempt or its turn, whatever this run wanted to say. */
  private async record(step: Omit<AttemptStep, 'attemptId' | 'transition' | 'restartCount'>): Promise<boolean> {
    this.#transition += 1;
    const stored = await rows.recordStep({
      ...step,
      attemptId: this.plan.attemptId,
      transition: this.#transition,
      restartCount: this.#restartCount,
    });
    // The row has gone on to a turn that this run knows nothing of.
    if (stored.state === 'QUEUED' && step.state !== 'QUEUED') this.#turnFollows = true;
    return this.#turnFollows || isEndState(stored.state);
  }
}

function capturedTurn({ commit, treeId, conversation }: CaptureResult): CapturedTurn {
  return { commit, treeId, ...(conversation === undefined ? {} : { conversation }) };
}
