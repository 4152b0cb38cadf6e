import { CancellationScope, condition, sleep } from '@temporalio/workflow';
import type { ChecksResult, RunnerActivities, SandboxOwnerRef } from '@heddle/contracts/workflows';
import { classifyFailure, MAX_BROKEN_CLAIMS, MAX_LOSSES } from '../runner/failures.js';
import { phasesOn, poolOf, release, type ClaimPriority } from '../runner/runner-queues.js';

const NO_ROOM_PAUSE_MS = 1_000;
const STOP_PERIOD_MS = 2_000;
const HEARTBEAT_TIMEOUT_MS = 45_000;

/** Whose checks run over which tree. */
export interface CheckedTree {
  readonly owner: Omit<SandboxOwnerRef, 'fence'>;
  readonly commit: string;
  /** Sum of the checks' time limits. */
  readonly checksTimeoutMs: number;
  readonly pool: string;
  readonly priority: ClaimPriority;
  /** Written before its claim is scheduled; `wanted` is false where nobody waits for the checks any more. */
  raiseFence(): Promise<{ readonly fence: number; readonly wanted: boolean }>;
}

export type CheckRunEnd =
  | { readonly kind: 'RAN'; readonly checks: ChecksResult['checks'] }
  /** The platform could not run the checks. */
  | { readonly kind: 'BROKEN'; readonly reason: string; readonly message: string }
  | { readonly kind: 'UNWANTED' };

type OneClaim = ChecksResult | 'UNWANTED' | 'NO_ROOM' | 'LOST' | { readonly reason: string; readonly message: string };

/** Runs checks in a sandbox of a tree: claim, checks, release; again where the runner was lost, but not for ever. */
export class CheckRun {
  #unwanted = false;
  #releasing: Promise<void> = Promise.resolve();

  constructor(private readonly tree: CheckedTree) {}

  /** Nobody needs the outcome any more: what runs is stopped. */
  cancel(): void {
    this.#unwanted = true;
  }

  /** Resolves when the slots that it held were given back; nobody's verdict waits for that. */
  released(): Promise<void> {
    return this.#releasing;
  }

  async run(): Promise<CheckRunEnd> {
    let losses = 0;
    let broken = 0;
    for (;;) {
      const result = await this.once();
      if (result === 'UNWANTED') return { kind: 'UNWANTED' };
      if (result === 'NO_ROOM') await sleep(NO_ROOM_PAUSE_MS);
      else if (result === 'LOST') losses += 1;
      else if ('outcome' in result) return this.end(result);
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

  private end(result: ChecksResult): CheckRunEnd {
    if (this.#unwanted || result.outcome === 'STOPPED') return { kind: 'UNWANTED' };
    return { kind: 'RAN', checks: result.checks };
  }

  private async once(): Promise<OneClaim> {
    if (this.isUnwanted()) return 'UNWANTED';
    const { fence, wanted } = await this.tree.raiseFence();
    if (!wanted) return 'UNWANTED';
    const owner: SandboxOwnerRef = { ...this.tree.owner, fence };
    const runnerId = await this.claim(owner);
    if (runnerId === undefined) return this.isUnwanted() ? 'UNWANTED' : 'NO_ROOM';
    return this.check(
      owner,
      phasesOn(runnerId, { heartbeatTimeoutMs: HEARTBEAT_TIMEOUT_MS, workMs: this.tree.checksTimeoutMs }),
    );
  }

  private async claim(owner: SandboxOwnerRef): Promise<string | undefined> {
    const scope = new CancellationScope();
    let answered = false;
    const claiming = scope.run(async () => {
      try {
        return await poolOf(this.tree.pool, this.tree.priority).claim({ owner });
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
      return await phases.runChecks({ owner, turn: 1, commit: this.tree.commit });
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
