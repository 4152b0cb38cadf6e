import { Inject, Injectable } from '@nestjs/common';
import { WORKFLOW_IDS } from '@heddle/contracts/workflows';
import type { Logger } from '@heddle/platform/logging';
import { LOGGER } from '@heddle/platform/service';
import type { TemporalClient } from '@heddle/platform/temporal';
import { DataSource } from 'typeorm';
import { TEMPORAL } from '../shared/tokens.js';
import { WorkflowReconciler, WRONG_FOR } from '../workflows/workflow-reconciler.js';
import { AttemptActivitiesService } from './attempt-activities.service.js';
import { AttemptDispatcher } from './attempt-dispatcher.js';

interface Live {
  readonly id: string;
  readonly transition: number;
}

@Injectable()
export class AttemptReconciler extends WorkflowReconciler<Live> {
  constructor(
    private readonly dataSource: DataSource,
    private readonly dispatcher: AttemptDispatcher,
    private readonly activities: AttemptActivitiesService,
    @Inject(TEMPORAL) temporal: TemporalClient,
    @Inject(LOGGER) logger: Logger,
  ) {
    super(temporal, logger, 'attempt');
  }

  /** What waits for a person needs no workflow. */
  protected live(): Promise<Live[]> {
    return this.dataSource.query(
      `SELECT id, transition FROM attempts
       WHERE state NOT IN ('COMPLETED', 'FAILED', 'TIMED_OUT', 'CANCELLED')
         AND (state <> 'WAITING_FOR_USER' OR stop_requested IS NOT NULL)
         AND dispatched_at < now() - interval '${WRONG_FOR}' AND state_since < now() - interval '${WRONG_FOR}'`,
    );
  }

  protected workflowId(id: string): string {
    return WORKFLOW_IDS.attempt(id);
  }

  protected async startAnew({ id }: Live): Promise<void> {
    await this.dataSource.query('UPDATE attempts SET dispatched_at = NULL WHERE id = $1', [id]);
    this.dispatcher.poke();
  }

  protected async recordTermination({ id, transition }: Live): Promise<void> {
    await this.activities.raiseFence(id);
    await this.activities.recordStep({
      attemptId: id,
      transition: transition + 1,
      state: 'FAILED',
      statusDetail: 'TERMINATED_BY_OPERATOR',
    });
  }
}
