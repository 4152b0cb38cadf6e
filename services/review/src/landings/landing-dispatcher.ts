import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import {
  LOOK_SIGNAL,
  TASK_QUEUES,
  WORKFLOW_IDS,
  WORKFLOW_TYPES,
  type LandingWorkflowInput,
} from '@heddle/contracts/workflows';
import type { Logger } from '@heddle/platform/logging';
import { LOGGER } from '@heddle/platform/service';
import type { TemporalClient } from '@heddle/platform/temporal';
import { DataSource } from 'typeorm';
import { RepeatingTask } from '../shared/repeating-task.js';
import { TEMPORAL } from '../shared/tokens.js';

const POLL_MS = 1_000;

interface Waiting {
  readonly repository_id: string;
  readonly branch: string;
  readonly ids: readonly string[];
  readonly revisions: readonly string[];
}

/**
 * Starts or wakes the workflow of every queue that has a row it was not told of (`dispatched_at` is null): after a
 * request, after an eject, and after a crash between the commit and the signal. A repeat is harmless.
 */
@Injectable()
export class LandingDispatcher implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly task: RepeatingTask;

  constructor(
    private readonly dataSource: DataSource,
    @Inject(TEMPORAL) private readonly temporal: TemporalClient,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.task = new RepeatingTask('landing-dispatcher', POLL_MS, () => this.dispatch(), logger);
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
    const queues: Waiting[] = await this.dataSource.query(
      `SELECT repository_id, branch, array_agg(id) AS ids, array_agg(revision::text) AS revisions
       FROM landings WHERE dispatched_at IS NULL GROUP BY repository_id, branch`,
    );
    for (const queue of queues) await this.tell(queue);
  }

  private async tell({ repository_id: repositoryId, branch, ids, revisions }: Waiting): Promise<void> {
    const input: LandingWorkflowInput = { repositoryId, branch };
    await this.temporal.client.workflow.signalWithStart(WORKFLOW_TYPES.landing, {
      workflowId: WORKFLOW_IDS.landing(repositoryId, branch),
      taskQueue: TASK_QUEUES.review,
      args: [input],
      signal: LOOK_SIGNAL,
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      workflowIdConflictPolicy: 'USE_EXISTING',
      workflowTaskTimeout: '10s',
    });
    // A row that changed between the read and here is told of again.
    await this.dataSource.query(
      `UPDATE landings l SET dispatched_at = now() FROM unnest($1::uuid[], $2::bigint[]) AS told (id, revision)
       WHERE l.id = told.id AND (l.revision = told.revision OR l.state <> 'EJECTED')`,
      [ids, revisions],
    );
  }
}
