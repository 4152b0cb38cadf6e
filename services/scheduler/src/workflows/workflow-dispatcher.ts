import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { LOOK_SIGNAL, TASK_QUEUES } from '@heddle/contracts/workflows';
import type { Logger } from '@heddle/platform/logging';
import type { TemporalClient } from '@heddle/platform/temporal';

const POLL_MS = 1_000;

export interface WorkflowStart {
  readonly type: string;
  readonly workflowId: string;
  readonly input: unknown;
}

/**
 * Starts or wakes the workflow of every row that says that it was not told yet: after a create, after a cancel, and after a
 * crash between the commit and the signal. A repeat is harmless.
 */
export abstract class WorkflowDispatcher<Row> implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private working: Promise<void> | undefined;
  private again = false;
  private stopping = false;

  constructor(
    private readonly temporal: TemporalClient,
    private readonly logger: Logger,
    /** What is dispatched, in the log's words; how many of it at a time. */
    private readonly what: { readonly name: string; readonly atOnce: number },
  ) {}

  /** Lets begin what waited for room. @returns true where there is more than it let begin at once */
  protected admit(): Promise<boolean> {
    return Promise.resolve(false);
  }

  /** The untold, the first to tell first; at most `limit`. */
  protected abstract next(limit: number): Promise<Row[]>;
  protected abstract startOf(row: Row): WorkflowStart;
  /** What came after the row was read must not be covered up. */
  protected abstract noteTold(rows: readonly Row[]): Promise<void>;

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.poke();
    }, POLL_MS);
    this.poke();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    clearInterval(this.timer);
    await this.working;
  }

  /** Says that there may be something to tell; returns at once. */
  poke(): void {
    if (this.stopping) return;
    if (this.working !== undefined) {
      this.again = true;
      return;
    }
    this.working = this.run().finally(() => {
      this.working = undefined;
    });
  }

  private async run(): Promise<void> {
    try {
      do {
        this.again = false;
        if (await this.admit()) this.again = true;
        if ((await this.dispatch()) === this.what.atOnce) this.again = true;
      } while (this.again && !this.stopping);
    } catch (error) {
      this.logger.warn({ err: error }, `${this.what.name} could not be dispatched; they wait`);
    }
  }

  private async dispatch(): Promise<number> {
    const rows = await this.next(this.what.atOnce);
    const tells = await Promise.allSettled(rows.map((row) => this.tell(row)));
    const told = rows.filter((_, index) => tells[index]?.status === 'fulfilled');
    if (told.length > 0) await this.noteTold(told);
    const failed = tells.find((tell) => tell.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    return rows.length;
  }

  private async tell(row: Row): Promise<void> {
    const { type, workflowId, input } = this.startOf(row);
    await this.temporal.client.workflow.signalWithStart(type, {
      workflowId,
      taskQueue: TASK_QUEUES.scheduler,
      args: [input],
      signal: LOOK_SIGNAL,
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      workflowIdConflictPolicy: 'USE_EXISTING',
      workflowTaskTimeout: '10s',
    });
  }
}
