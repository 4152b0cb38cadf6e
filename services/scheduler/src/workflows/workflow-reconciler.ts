import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import type { Logger } from '@heddle/platform/logging';
import type { TemporalClient } from '@heddle/platform/temporal';
import { Counter } from 'prom-client';

const PERIOD_MS = 60_000;
/** Acts only on what has been wrong for so long: whoever is about to put it right gets the time. For a query. */
export const WRONG_FOR = '30 seconds';

const reconciled = new Counter({
  name: 'heddle_reconciled_total',
  help: 'Copies that a reconciler had to repair',
  labelNames: ['kind'],
});

interface Live {
  readonly id: string;
}

/**
 * What has not ended while Temporal knows of no running workflow for it gets a new one: the row is the truth. Where an
 * operator terminated the workflow, that was its end.
 */
export abstract class WorkflowReconciler<Row extends Live>
  implements OnApplicationBootstrap, BeforeApplicationShutdown
{
  private timer: NodeJS.Timeout | undefined;
  private working: Promise<void> | undefined;

  constructor(
    private readonly temporal: TemporalClient,
    private readonly logger: Logger,
    /** What is looked after, as labels and logs have it. */
    private readonly aggregate: string,
  ) {}

  /** Those that have not ended, and have been as they are for `WRONG_FOR`. */
  protected abstract live(): Promise<Row[]>;
  protected abstract workflowId(id: string): string;
  protected abstract startAnew(row: Row): Promise<void>;
  /** Nobody guides its processes any more: by a raised fence its runner learns that nobody wants them, and ends them. */
  protected abstract recordTermination(row: Row): Promise<void>;

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.look();
    }, PERIOD_MS);
    this.look();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.working;
  }

  /** Begins to look, unless it does already: a look at thousands of rows may take longer than the period. */
  look(): void {
    this.working ??= this.reconcile()
      .catch((error: unknown) => {
        this.logger.warn({ err: error }, 'the reconciler could not look; it tries again in a minute');
      })
      .finally(() => {
        this.working = undefined;
      });
  }

  private async reconcile(): Promise<void> {
    for (const row of await this.live()) {
      const about = { [`${this.aggregate}Id`]: row.id };
      const status = await this.statusOf(row.id);
      if (status === 'TERMINATED') {
        this.logger.warn(about, `the workflow of the ${this.aggregate} was terminated; so the ${this.aggregate} ends`);
        await this.recordTermination(row);
        reconciled.inc({ kind: `${this.aggregate}_terminated` });
      } else if (status !== 'RUNNING' && status !== 'CONTINUED_AS_NEW') {
        this.logger.warn(about, `no workflow guides the ${this.aggregate}; a new one is started`);
        await this.startAnew(row);
        reconciled.inc({ kind: `${this.aggregate}_without_workflow` });
      }
    }
  }

  private async statusOf(id: string): Promise<string> {
    try {
      return (await this.temporal.client.workflow.getHandle(this.workflowId(id)).describe()).status.name;
    } catch (error) {
      if (error instanceof Error && error.name === 'WorkflowNotFoundError') return 'NOT_FOUND';
      throw error;
    }
  }
}
