import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { WORKFLOW_IDS } from '@heddle/contracts/workflows';
import type { Logger } from '@heddle/platform/logging';
import { LOGGER } from '@heddle/platform/service';
import type { TemporalClient } from '@heddle/platform/temporal';
import { Counter } from 'prom-client';
import { DataSource } from 'typeorm';
import { TEMPORAL } from '../shared/tokens.js';
import { AttemptDispatcher } from './attempt-dispatcher.js';

const PERIOD_MS = 60_000;
/** Acts only on what has been wrong for so long: whoever is about to put it right gets the time. */
const WRONG_FOR = '30 seconds';

const reconciled = new Counter({
  name: 'heddle_reconciled_total',
  help: 'Copies that a reconciler had to repair',
  labelNames: ['kind'],
});

/** An attempt that has not ended while Temporal knows of no running workflow for it gets a new one: the row is the truth. */
@Injectable()
export class AttemptReconciler implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private working: Promise<void> = Promise.resolve();

  constructor(
    private readonly dataSource: DataSource,
    private readonly dispatcher: AttemptDispatcher,
    @Inject(TEMPORAL) private readonly temporal: TemporalClient,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    const run = (): void => {
      this.working = this.reconcile().catch((error: unknown) => {
        this.logger.warn({ err: error }, 'the reconciler could not look; it tries again in a minute');
      });
    };
    run();
    this.timer = setInterval(run, PERIOD_MS);
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.working;
  }

  private async reconcile(): Promise<void> {
    const rows: { id: string }[] = await this.dataSource.query(
      `SELECT id FROM attempts
       WHERE state NOT IN ('COMPLETED', 'FAILED', 'TIMED_OUT', 'CANCELLED')
         AND dispatched_at < now() - interval '${WRONG_FOR}' AND state_since < now() - interval '${WRONG_FOR}'`,
    );
    for (const { id } of rows) {
      if (await this.isGuided(id)) continue;
      this.logger.warn({ attemptId: id }, 'no workflow guides the attempt; a new one is started');
      await this.dataSource.query('UPDATE attempts SET dispatched_at = NULL WHERE id = $1', [id]);
      reconciled.inc({ kind: 'attempt_without_workflow' });
      this.dispatcher.poke();
    }
  }

  private async isGuided(attemptId: string): Promise<boolean> {
    try {
      const description = await this.temporal.client.workflow.getHandle(WORKFLOW_IDS.attempt(attemptId)).describe();
      return description.status.name === 'RUNNING' || description.status.name === 'CONTINUED_AS_NEW';
    } catch (error) {
      if (error instanceof Error && error.name === 'WorkflowNotFoundError') return false;
      throw error;
    }
  }
}
