import type {
  AttemptActivities,
  AttemptPlan,
  AttemptStep,
  CaptureResult,
  NextClaim,
  PauseStep,
  RunnerActivities,
  SandboxOwnerRef,
  SetupResult,
  StopReasonWord,
  TurnResult,
} from '@heddle/contracts/workflows';

/** The rows of one attempt, as the scheduler would keep them. */
export class Rows implements AttemptActivities {
  readonly steps: AttemptStep[] = [];
  begins = 0;
  mode: NonNullable<AttemptPlan['mode']> = 'CODE';
  private isApproved = false;
  fence = 0;
  stop: StopReasonWord | undefined;
  pause = false;
  /** Given with every claim but the first. */
  holdUntil: number | undefined;
  /** Messages that wait for the end of a turn. */
  waitingTurns = 0;
  interrupt: number | undefined;
  turn = 1;
  readonly pauses: boolean[] = [];
  readonly kept: number[] = [];
  private reads = 0;
  private waiting: (() => void)[] = [];

  constructor(private readonly hasChecks = true) {}

  beginAttempt(attemptId: string): ReturnType<AttemptActivities['beginAttempt']> {
    this.begins += 1;
    const last = this.steps.at(-1)?.state ?? 'QUEUED';
    if (last === 'WAITING_FOR_USER' && !this.isApproved && this.stop === undefined)
      return Promise.resolve({ kind: 'NOTHING_TO_DO' });
    if (['COMPLETED', 'FAILED', 'TIMED_OUT', 'CANCELLED'].includes(last))
      return Promise.resolve({ kind: 'NOTHING_TO_DO' });
    return Promise.resolve({
      kind: 'WORK',
      claim: this.nextClaim(),
      plan: {
        attemptId,
        pool: 'default',
        priority: 4,
        fairnessKey: 'batch',
        fairnessWeight: 1,
        timeLimitMs: 60_000,
        heartbeatTimeoutMs: 10_000,
        hasChecks: this.hasChecks,
        mode: this.mode,
        turn: this.turn,
        transition: this.steps.length,
        restartCount: 0,
      },
    });
  }

  /** The plan that waits is carried out next. */
  approve(): void {
    this.isApproved = true;
    this.turn += 1;
    this.mode = 'CODE';
  }

  raiseFence(): ReturnType<AttemptActivities['raiseFence']> {
    const { holdUntil } = this;
    return Promise.resolve({ ...this.nextClaim(), ...(holdUntil === undefined ? {} : { holdUntil }) });
  }

  private nextClaim(): NextClaim {
    this.fence += 1;
    return {
      fence: this.fence,
      ...(this.pause ? { pause: true } : {}),
      ...(this.stop === undefined ? {} : { stop: this.stop }),
    };
  }

  readIntent(): ReturnType<AttemptActivities['readIntent']> {
    this.reads += 1;
    this.wake();
    return Promise.resolve({
      pause: this.pause,
      ...(this.stop === undefined ? {} : { stop: this.stop }),
      ...(this.interrupt === undefined ? {} : { interrupt: this.interrupt }),
    });
  }

  recordKept({ until }: { readonly until: number }): Promise<void> {
    this.kept.push(until);
    return Promise.resolve();
  }

  recordPause({ paused }: PauseStep): Promise<void> {
    this.pauses.push(paused);
    return Promise.resolve();
  }

  recordStep(step: AttemptStep): ReturnType<AttemptActivities['recordStep']> {
    if (step.transition === this.steps.length + 1) this.steps.push(this.orNextTurn(step));
    const stored = this.steps[step.transition - 1] ?? step;
    this.wake();
    return Promise.resolve({ state: stored.state, statusDetail: stored.statusDetail });
  }

  private wake(): void {
    this.waiting.forEach((wake) => {
      wake();
    });
  }

  private orNextTurn(step: AttemptStep): AttemptStep {
    if (this.waitingTurns === 0 || !['COMPLETED', 'FAILED'].includes(step.state)) return step;
    this.waitingTurns -= 1;
    this.turn += 1;
    return { ...step, state: 'QUEUED', statusDetail: `after ${step.state}` };
  }

  get states(): string[] {
    return this.steps.map((step) => (step.statusDetail === '' ? step.state : `${step.state}(${step.statusDetail})`));
  }

  /** What is wanted has been read at least once. */
  async read(): Promise<void> {
    while (this.reads === 0) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  async reached(state: AttemptStep['state']): Promise<void> {
    while (this.steps.at(-1)?.state !== state) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }
}

export const NO_SETUP: SetupResult = {
  outcome: 'NONE',
  reason: '',
  message: '',
  durationMs: 0,
  setupCache: 'NONE',
  setupCacheReason: '',
  refused: [],
};

/** A runner whose agent ends when told to. */
export class FakeRunner implements RunnerActivities {
  readonly calls: string[] = [];
  turn: () => Promise<TurnResult> = () => Promise.resolve({ outcome: 'EXITED', exitCode: 0, outputTruncated: false });
  setup: () => Promise<SetupResult> = () =>
    Promise.resolve({
      ...NO_SETUP,
      outcome: 'SUCCEEDED',
      durationMs: 7,
      setupCache: 'MISS',
      setupCacheReason: 'FIRST_USE',
    });
  provisionError: (owner: SandboxOwnerRef) => Error | undefined = () => undefined;
  stopError: () => Error | undefined = () => undefined;
  keptUntil: number | undefined;
  /** What `capture` finds. */
  captured: CaptureResult = { changeId: 'c1', commit: 'f00d', treeId: 'beef', empty: false };
  pauseError: () => Error | undefined = () => undefined;
  private stopTurn: ((result: TurnResult) => void) | undefined;

  runUntilStopped(): void {
    this.turn = () =>
      new Promise((resolve) => {
        this.stopTurn = resolve;
      });
  }

  provision({ owner }: { readonly owner: SandboxOwnerRef }): ReturnType<RunnerActivities['provision']> {
    this.calls.push(`provision ${String(owner.fence)}`);
    const error = this.provisionError(owner);
    if (error !== undefined) return Promise.reject(error);
    return Promise.resolve({
      driver: 'BUBBLEWRAP',
      boundary: 'FULL',
      missing: [],
      fileSystem: 'OVERLAY',
      durationMs: 5,
    });
  }

  trySetup(): Promise<SetupResult> {
    this.calls.push('trySetup');
    return this.setup();
  }

  runTurn(): Promise<TurnResult> {
    this.calls.push('runTurn');
    return this.turn();
  }

  capture({ partial }: { readonly partial: boolean }): Promise<CaptureResult> {
    this.calls.push(partial ? 'capture partial' : 'capture');
    return Promise.resolve(this.captured);
  }

  runChecks(): ReturnType<RunnerActivities['runChecks']> {
    this.calls.push('runChecks');
    const check = {
      name: 'unit',
      state: 'PASSED',
      durationMs: 3,
      treeId: 'beef',
      environmentVersion: 1,
      advisory: false,
      statusDetail: '',
    } as const;
    return Promise.resolve({ outcome: 'RAN', checks: [check] });
  }

  stop({ reason }: { readonly reason: StopReasonWord }): ReturnType<RunnerActivities['stop']> {
    this.calls.push(`stop ${reason}`);
    const error = this.stopError();
    if (error !== undefined) return Promise.reject(error);
    this.stopTurn?.({ outcome: 'STOPPED', stopReason: reason, outputTruncated: false });
    return Promise.resolve({ stopped: true });
  }

  endTurn(): void {
    this.stopTurn?.({ outcome: 'EXITED', exitCode: 0, outputTruncated: false });
  }

  pause(): Promise<void> {
    this.calls.push('pause');
    const error = this.pauseError();
    return error === undefined ? Promise.resolve() : Promise.reject(error);
  }

  resume(): Promise<void> {
    this.calls.push('resume');
    return Promise.resolve();
  }

  release(): ReturnType<RunnerActivities['release']> {
    this.calls.push('release');
    return Promise.resolve(this.keptUntil === undefined ? {} : { keptUntil: this.keptUntil });
  }
}
