import { Inject, Injectable } from '@nestjs/common';
import { WORKFLOW_IDS } from '@heddle/contracts/workflows';
import type { Logger } from '@heddle/platform/logging';
import { LOGGER } from '@heddle/platform/service';
import type { TemporalClient } from '@heddle/platform/temporal';
import { DataSource } from 'typeorm';
import { TEMPORAL } from '../shared/tokens.js';
import { WorkflowReconciler, WRONG_FOR } from '../workflows/workflow-reconciler.js';
import { JobActivitiesService } from './job-activities.service.js';
import { JobDispatcher } from './job-dispatcher.js';

interface Live {
  readonly id: string;
  readonly transition: number;
}

@Injectable()
export class JobReconciler extends WorkflowReconciler<Live> {
  constructor(
    private readonly dataSource: DataSource,
    private readonly dispatcher: JobDispatcher,
    private readonly activities: JobActivitiesService,
    @Inject(TEMPORAL) temporal: TemporalClient,
    @Inject(LOGGER) logger: Logger,
  ) {
    super(temporal, logger, 'job');
  }

  protected live(): Promise<Live[]> {
    return this.dataSource.query(
      `SELECT id, transition FROM jobs WHERE state NOT IN ('SUCCEEDED', 'FAILED', 'CANCELLED')
         AND dispatched_at < now() - interval '${WRONG_FOR}' AND state_since < now() - interval '${WRONG_FOR}'`,
    );
  }

  protected workflowId(id: string): string {
    return WORKFLOW_IDS.job(id);
  }

  protected async startAnew({ id }: Live): Promise<void> {
    await this.dataSource.query('UPDATE jobs SET dispatched_at = NULL WHERE id = $1', [id]);
    this.dispatcher.poke();
  }

  protected async recordTermination({ id, transition }: Live): Promise<void> {
    await this.activities.raiseJobFence(id);
    await this.activities.recordJobStep({
      jobId: id,
      transition: transition + 1,
      state: 'FAILED',
      statusDetail: 'TERMINATED_BY_OPERATOR',
    });
  }
}
