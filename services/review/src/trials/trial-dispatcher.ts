import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import {
  LOOK_SIGNAL,
  TASK_QUEUES,
  WORKFLOW_IDS,
  WORKFLOW_TYPES,
  type TrialWorkflowInput,
} from '@heddle/contracts/workflows';
import type { Logger } from '@heddle/platform/logging';
import { LOGGER } from '@heddle/platform/service';
import type { TemporalClient } from '@heddle/platform/temporal';
import { DataSource } from 'typeorm';
import { RepeatingTask } from '../shared/repeating-task.js';
import { TEMPORAL } from '../shared/tokens.js';

const POLL_MS = 1_000;
const AT_ONCE = 200;

interface Untold {
  readonly id: string;
  readonly cancel_requested: boolean;
}

/**
 * Starts or wakes the workflow of every trial whose row says that it was not told: after a request, after a cancel, and
 * after a crash between the commit and the signal. A repeat is harmless.
 */
@Injectable()
export class TrialDispatcher implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly task: RepeatingTask;

  constructor(
    private readonly dataSource: DataSource,
    @Inject(TEMPORAL) private readonly temporal: TemporalClient,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.task = new RepeatingTask('trial-dispatcher', POLL_MS, () => this.dispatch(), logger);
  }

  onApplicationBootstrap(): void {
    this.task.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.task.stop();
  }

  poke(): void {
    this.task.poke();
  }

  private async dispatch(): Promise<void> {
    const rows: Untold[] = await this.dataSource.query(
      'SELECT id, cancel_requested FROM trials WHERE dispatched_at IS NULL ORDER BY priority, id LIMIT $1',
      [AT_ONCE],
    );
    for (const row of rows) await this.tell(row);
  }

  private async tell({ id, cancel_requested: seen }: Untold): Promise<void> {
    const input: TrialWorkflowInput = { trialId: id };
    await this.temporal.client.workflow.signalWithStart(WORKFLOW_TYPES.trial, {
      workflowId: WORKFLOW_IDS.trial(id),
      taskQueue: TASK_QUEUES.review,
      args: [input],
      signal: LOOK_SIGNAL,
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      workflowIdConflictPolicy: 'USE_EXISTING',
      workflowTaskTimeout: '10s',
    });
    // A cancel that came between the read and here is told of again.
    await this.dataSource.query('UPDATE trials SET dispatched_at = now() WHERE id = $1 AND cancel_requested = $2', [
      id,
      seen,
    ]);
  }
}
