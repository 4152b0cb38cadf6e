import { Inject, Injectable } from '@nestjs/common';
import { WORKFLOW_IDS, WORKFLOW_TYPES, type JobWorkflowInput } from '@heddle/contracts/workflows';
import type { Logger } from '@heddle/platform/logging';
import { LOGGER } from '@heddle/platform/service';
import type { TemporalClient } from '@heddle/platform/temporal';
import { DataSource } from 'typeorm';
import { TEMPORAL } from '../shared/tokens.js';
import { WorkflowDispatcher, type WorkflowStart } from '../workflows/workflow-dispatcher.js';

const AT_ONCE = 16;

interface Waiting {
  readonly id: string;
  readonly stop_requested: string | null;
}

/** Tells the workflows of jobs, `dispatched_at` of which is null. */
@Injectable()
export class JobDispatcher extends WorkflowDispatcher<Waiting> {
  constructor(
    private readonly dataSource: DataSource,
    @Inject(TEMPORAL) temporal: TemporalClient,
    @Inject(LOGGER) logger: Logger,
  ) {
    super(temporal, logger, { name: 'jobs', atOnce: AT_ONCE });
  }

  /** Stops first. */
  protected next(limit: number): Promise<Waiting[]> {
    return this.dataSource.query(
      `SELECT id, stop_requested FROM jobs
       WHERE dispatched_at IS NULL AND state NOT IN ('SUCCEEDED', 'FAILED', 'CANCELLED')
       ORDER BY stop_requested IS NULL, id LIMIT $1`,
      [limit],
    );
  }

  protected startOf({ id }: Waiting): WorkflowStart {
    const input: JobWorkflowInput = { jobId: id };
    return { type: WORKFLOW_TYPES.job, workflowId: WORKFLOW_IDS.job(id), input };
  }

  protected async noteTold(rows: readonly Waiting[]): Promise<void> {
    await this.dataSource.query(
      `UPDATE jobs AS j SET dispatched_at = now() FROM unnest($1::uuid[], $2::text[]) AS told (id, stop)
       WHERE j.id = told.id AND j.stop_requested IS NOT DISTINCT FROM told.stop`,
      [rows.map((row) => row.id), rows.map((row) => row.stop_requested)],
    );
  }
}
