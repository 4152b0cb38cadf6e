import {
  RECLAIM_PRIORITY,
  type CheckOutcome,
  type JobPlan,
  type JobStep,
  type NextClaim,
  type RunnerActivities,
  type SandboxOwnerRef,
  type SetupResult,
} from '@heddle/contracts/workflows';
import { isJobEnded, judgeValidation } from '@heddle/domain';
import { claimUnlessStopped, claimUntilEnded, stopWhenRequested, type ClaimEnd } from '../runner/claim-loop.js';
import { classifyFailure } from '../runner/failures.js';
import { phasesOn, poolOf, release } from '../runner/runner-queues.js';
import type { StopControl } from '../runner/stop-control.js';
import { rows } from './job-rows.js';

/** The one turn of a job's checks. */
const TURN = 1;

/** One run of a job: claims a slot, tries the set-up and the checks out in a sandbox, and records each step once. */
export class JobRun {
  #transition: number;
  #restartCount: number;

  constructor(
    private readonly plan: JobPlan,
    private readonly stop: StopControl,
  ) {
    this.#transition = plan.transition;
    this.#restartCount = plan.restartCount;
  }

  run(first: NextClaim): Promise<void> {
    return claimUntilEnded(first, {
      claimOnce: (claim) => this.claimOnce(claim),
      nextClaim: () => rows.raiseJobFence(this.plan.jobId),
      lost: () => (this.#restartCount += 1),
      record: ({ isFinal, ...why }) => this.record({ state: isFinal ? 'FAILED' : 'QUEUED', ...why }),
    });
  }

  private async claimOnce({ fence, stop }: NextClaim): Promise<ClaimEnd> {
    if (stop !== undefined) this.stop.request(stop);
    const { jobId, pool, priority, fairnessKey, heartbeatTimeoutMs, setupTimeoutMs, checksTimeoutMs } = this.plan;
    const owner: SandboxOwnerRef = { kind: 'JOB', id: jobId, fence };
    const priorityKey = this.#restartCount > 0 ? RECLAIM_PRIORITY : priority;
    const claim = await claimUnlessStopped(poolOf(pool, { priorityKey, fairnessKey }), owner, this.stop);
    if (claim === undefined) return this.endStopped();
    if (claim.outcome === 'NO_ROOM') return 'NO_ROOM';
    const phases = phasesOn(claim.runnerId, { heartbeatTimeoutMs, workMs: checksTimeoutMs, setupMs: setupTimeoutMs });
    const end = await this.guardedPhases(owner, claim.runnerId, phases);
    if (end === 'ENDED') await release(phases, owner);
    return end;
  }

  private async guardedPhases(owner: SandboxOwnerRef, runnerId: string, phases: RunnerActivities): Promise<ClaimEnd> {
    let over = false;
    const stopping = stopWhenRequested(owner, phases, this.stop, () => over);
    try {
      return await this.phases(owner, runnerId, phases);
    } catch (error) {
      const failure = classifyFailure(error);
      if (this.isStopped() && failure.kind !== 'SUPERSEDED') return await this.endStopped();
      switch (failure.kind) {
        case 'LOST':
        case 'SUPERSEDED':
          return failure.kind;
        case 'FINAL':
          await this.record({ state: 'FAILED', statusDetail: failure.reason, message: failure.message });
          return 'ENDED';
        case 'BROKEN':
          await release(phases, owner);
          return { broken: failure.reason, message: failure.message };
      }
    } finally {
      over = true;
      await stopping;
    }
  }

  private async phases(owner: SandboxOwnerRef, runnerId: string, phases: RunnerActivities): Promise<'ENDED'> {
    if (await this.record({ state: 'RUNNING', statusDetail: '', runnerId })) return 'ENDED';
    const sandbox = await phases.provision({ owner });
    if (this.isStopped()) return this.endStopped({ sandbox });
    if (await this.record({ state: 'RUNNING', statusDetail: '', sandbox })) return 'ENDED';
    const setup = await phases.trySetup({ owner });
    if (this.isStopped()) return this.endStopped({ setup });
    const checks = await this.checks(owner, phases, setup);
    if (checks === 'RECORDED') return 'ENDED';
    if (this.isStopped()) return this.endStopped({ setup, checks });
    await this.record({ ...judgeValidation(setup, checks), setup, checks });
    return 'ENDED';
  }

  private async checks(
    owner: SandboxOwnerRef,
    phases: RunnerActivities,
    setup: SetupResult,
  ): Promise<readonly CheckOutcome[] | 'RECORDED'> {
    const { checksTimeoutMs, commit } = this.plan;
    if (checksTimeoutMs === 0 || setup.outcome === 'FAILED') return [];
    if (await this.record({ state: 'RUNNING', statusDetail: '', setup })) return 'RECORDED';
    return (await phases.runChecks({ owner, turn: TURN, commit })).checks;
  }

  /** What is known by then is recorded beside the reason. */
  private async endStopped(facts: Pick<JobStep, 'sandbox' | 'setup' | 'checks'> = {}): Promise<'ENDED'> {
    await this.record({ state: 'CANCELLED', statusDetail: 'CANCELLED_BY_USER', ...facts });
    return 'ENDED';
  }

  /** Asked anew each time: a stop may come at every `await`. */
  private isStopped(): boolean {
    return this.stop.reason !== undefined;
  }

  /** @returns true where the stored outcome already ends the job, whatever this run wanted to say. */
  private async record(step: Omit<JobStep, 'jobId' | 'transition' | 'restartCount'>): Promise<boolean> {
    this.#transition += 1;
    const stored = await rows.recordJobStep({
      ...step,
      jobId: this.plan.jobId,
      transition: this.#transition,
      restartCount: this.#restartCount,
    });
    return isJobEnded(stored.state);
  }
}
