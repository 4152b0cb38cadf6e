import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import {
  LOOK_SIGNAL,
  TASK_QUEUES,
  WORKFLOW_IDS,
  WORKFLOW_TYPES,
  type AttemptWorkflowInput,
} from '@heddle/contracts/workflows';
import type { Logger } from '@heddle/platform/logging';
import { LOGGER } from '@heddle/platform/service';
import type { TemporalClient } from '@heddle/platform/temporal';
import { DataSource } from 'typeorm';
import { TEMPORAL } from '../shared/tokens.js';

const POLL_MS = 1_000;
const BATCH = 200;
const PARALLEL = 16;

interface Waiting {
  readonly id: string;
  readonly stop_requested: string | null;
}

/**
 * Starts or wakes the workflow of every attempt whose row says that it was not told yet (`dispatched_at` is null):
 * after a create, after a cancel, and after a crash between the commit and the signal. A repeat is harmless.
 */
@Injectable()
export class AttemptDispatcher implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private working: Promise<void> | undefined;
  private again = false;
  private stopping = false;

  constructor(
    private readonly dataSource: DataSource,
    @Inject(TEMPORAL) private readonly temporal: TemporalClient,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

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
        if ((await this.dispatch()) === BATCH) this.again = true;
      } while (this.again && !this.stopping);
    } catch (error) {
      this.logger.warn({ err: error }, 'attempts could not be dispatched; they wait');
    }
  }

  private async dispatch(): Promise<number> {
    const rows: Waiting[] = await this.dataSource.query(
      `SELECT id, stop_requested FROM attempts
       WHERE dispatched_at IS NULL AND state NOT IN ('COMPLETED', 'FAILED', 'TIMED_OUT', 'CANCELLED')
       ORDER BY id LIMIT ${String(BATCH)}`,
    );
    const queue = [...rows];
    const worker = async (): Promise<void> => {
      for (let row = queue.shift(); row !== undefined; row = queue.shift()) await this.tell(row);
    };
    await Promise.all(Array.from({ length: Math.min(PARALLEL, rows.length) }, worker));
    return rows.length;
  }

  private async tell(row: Waiting): Promise<void> {
    const input: AttemptWorkflowInput = { attemptId: row.id };
    await this.temporal.client.workflow.signalWithStart(WORKFLOW_TYPES.attempt, {
      workflowId: WORKFLOW_IDS.attempt(row.id),
      taskQueue: TASK_QUEUES.scheduler,
      args: [input],
      signal: LOOK_SIGNAL,
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      workflowIdConflictPolicy: 'USE_EXISTING',
      workflowTaskTimeout: '10s',
    });
    // A stop that came between the read and here has set the column back and must not be covered up.
    await this.dataSource.query(
      'UPDATE attempts SET dispatched_at = now() WHERE id = $1 AND stop_requested IS NOT DISTINCT FROM $2',
      [row.id, row.stop_requested],
    );
  }
}
