import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { WORKFLOW_IDS } from '@heddle/contracts/workflows';
import type { Logger } from '@heddle/platform/logging';
import { LOGGER } from '@heddle/platform/service';
import type { TemporalClient } from '@heddle/platform/temporal';
import { Counter } from 'prom-client';
import { DataSource } from 'typeorm';
import { TEMPORAL } from '../shared/tokens.js';
import { AttemptActivitiesService } from './attempt-activities.service.js';
import { AttemptDispatcher } from './attempt-dispatcher.js';

const PERIOD_MS = 60_000;
/** Acts only on what has been wrong for so long: whoever is about to put it right gets the time. */
const WRONG_FOR = '30 seconds';

const reconciled = new Counter({
  name: 'heddle_reconciled_total',
  help: 'Copies that a reconciler had to repair',
  labelNames: ['kind'],
});

interface Live {
  readonly id: string;
  readonly transition: number;
}

/**
 * An attempt that has not ended while Temporal knows of no running workflow for it gets a new one: the row is the truth.
 * Where an operator terminated the workflow, that was its end.
 */
@Injectable()
export class AttemptReconciler implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private working: Promise<void> | undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly dispatcher: AttemptDispatcher,
    private readonly activities: AttemptActivitiesService,
    @Inject(TEMPORAL) private readonly temporal: TemporalClient,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

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

  /** Begins to look, unless it does already: a look at thousands of attempts may take longer than the period. */
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
    const rows: Live[] = await this.dataSource.query(
      `SELECT id, transition FROM attempts
       WHERE state NOT IN ('COMPLETED', 'FAILED', 'TIMED_OUT', 'CANCELLED')
         AND dispatched_at < now() - interval '${WRONG_FOR}' AND state_since < now() - interval '${WRONG_FOR}'`,
    );
    for (const row of rows) {
      const status = await this.statusOf(row.id);
      if (status === 'TERMINATED') await this.recordTermination(row);
      else if (status !== 'RUNNING' && status !== 'CONTINUED_AS_NEW') await this.startAnew(row);
    }
  }

  private async startAnew({ id }: Live): Promise<void> {
    this.logger.warn({ attemptId: id }, 'no workflow guides the attempt; a new one is started');
    await this.dataSource.query('UPDATE attempts SET dispatched_at = NULL WHERE id = $1', [id]);
    reconciled.inc({ kind: 'attempt_without_workflow' });
    this.dispatcher.poke();
  }

  /** Nobody guides its agent any more: by the raised fence its runner learns that nobody wants it, and ends it. */
  private async recordTermination({ id, transition }: Live): Promise<void> {
    this.logger.warn({ attemptId: id }, 'the workflow of the attempt was terminated; so the attempt ends');
    await this.activities.raiseFence(id);
    await this.activities.recordStep({
      attemptId: id,
      transition: transition + 1,
      state: 'FAILED',
      statusDetail: 'TERMINATED_BY_OPERATOR',
    });
    reconciled.inc({ kind: 'attempt_terminated' });
  }

  private async statusOf(attemptId: string): Promise<string> {
    try {
      return (await this.temporal.client.workflow.getHandle(WORKFLOW_IDS.attempt(attemptId)).describe()).status.name;
    } catch (error) {
      if (error instanceof Error && error.name === 'WorkflowNotFoundError') return 'NOT_FOUND';
      throw error;
    }
  }
}
