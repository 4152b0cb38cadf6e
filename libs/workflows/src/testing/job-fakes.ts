import type { JobActivities, JobStep, NextClaim, StopReasonWord } from '@heddle/contracts/workflows';

/** The rows of one job, as the scheduler would keep them. */
export class JobRows implements JobActivities {
  readonly steps: JobStep[] = [];
  fence = 0;
  stop: StopReasonWord | undefined;
  private waiting: (() => void)[] = [];

  constructor(private readonly checksTimeoutMs = 60_000) {}

  beginJob(jobId: string): ReturnType<JobActivities['beginJob']> {
    if (['SUCCEEDED', 'FAILED', 'CANCELLED'].includes(this.steps.at(-1)?.state ?? 'QUEUED'))
      return Promise.resolve({ kind: 'NOTHING_TO_DO' });
    return Promise.resolve({
      kind: 'WORK',
      claim: this.nextClaim(),
      plan: {
        jobId,
        pool: 'default',
        priority: 4,
        fairnessKey: 'jobs',
        heartbeatTimeoutMs: 10_000,
        checksTimeoutMs: this.checksTimeoutMs,
        commit: 'c0ffee',
        transition: this.steps.length,
        restartCount: 0,
      },
    });
  }

  raiseJobFence(): Promise<NextClaim> {
    return Promise.resolve(this.nextClaim());
  }

  readJobIntent(): ReturnType<JobActivities['readJobIntent']> {
    return Promise.resolve(this.stop === undefined ? {} : { stop: this.stop });
  }

  recordJobStep(step: JobStep): ReturnType<JobActivities['recordJobStep']> {
    if (step.transition === this.steps.length + 1) this.steps.push(step);
    for (const wake of this.waiting.splice(0)) wake();
    return Promise.resolve({ state: (this.steps[step.transition - 1] ?? step).state });
  }

  get states(): string[] {
    return this.steps.map((step) => (step.statusDetail === '' ? step.state : `${step.state}(${step.statusDetail})`));
  }

  async reached(states: number): Promise<void> {
    while (this.steps.length < states) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  private nextClaim(): NextClaim {
    this.fence += 1;
    return { fence: this.fence, ...(this.stop === undefined ? {} : { stop: this.stop }) };
  }
}
