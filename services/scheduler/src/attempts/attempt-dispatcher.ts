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
const AT_ONCE = 16;

interface Waiting {
  readonly id: string;
  readonly stop_requested: string | null;
  readonly pause_wanted: boolean;
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
        if ((await this.dispatch()) === AT_ONCE) this.again = true;
      } while (this.again && !this.stopping);
    } catch (error) {
      this.logger.warn({ err: error }, 'attempts could not be dispatched; they wait');
    }
  }

  private async dispatch(): Promise<number> {
    const rows = await this.next();
    const tells = await Promise.allSettled(rows.map((row) => this.tell(row)));
    await this.noteTold(rows.filter((_, index) => tells[index]?.status === 'fulfilled'));
    const failed = tells.find((tell) => tell.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    return rows.length;
  }

  /**
   * Few at a time, so that what comes now need not wait behind a backlog: stops first, then by priority, and from every
   * batch in turn.
   */
  private next(): Promise<Waiting[]> {
    return this.dataSource.query(
      `SELECT a.id, a.stop_requested, a.pause_wanted FROM attempts AS a JOIN batches AS b ON b.id = a.batch_id
       WHERE a.dispatched_at IS NULL AND a.state NOT IN ('COMPLETED', 'FAILED', 'TIMED_OUT', 'CANCELLED')
       ORDER BY a.stop_requested IS NULL, b.priority, row_number() OVER (PARTITION BY a.batch_id ORDER BY a.id), a.id
       LIMIT ${String(AT_ONCE)}`,
    );
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
  }

  private async noteTold(rows: readonly Waiting[]): Promise<void> {
    if (rows.length === 0) return;
    // A stop or a pause that came after the read has set the column back and must not be covered up. Stops lock in the same order.
    await this.dataSource.query(
      `UPDATE attempts SET dispatched_at = now() WHERE id IN (
         SELECT a.id FROM attempts AS a
         JOIN unnest($1::uuid[], $2::text[], $3::boolean[]) AS told (id, stop, pause) ON told.id = a.id
         WHERE a.stop_requested IS NOT DISTINCT FROM told.stop AND a.pause_wanted = told.pause ORDER BY a.id FOR UPDATE OF a)`,
      [rows.map((row) => row.id), rows.map((row) => row.stop_requested), rows.map((row) => row.pause_wanted)],
    );
  }
}
