import { Inject, Injectable } from '@nestjs/common';
import { WORKFLOW_IDS, WORKFLOW_TYPES, type AttemptWorkflowInput } from '@heddle/contracts/workflows';
import type { Logger } from '@heddle/platform/logging';
import { LOGGER } from '@heddle/platform/service';
import type { TemporalClient } from '@heddle/platform/temporal';
import { DataSource } from 'typeorm';
import { ModelCapacity } from '../credentials/model-capacity.js';
import { TEMPORAL } from '../shared/tokens.js';
import { REVIEW_BACKLOG, ReviewBacklog } from './review-backlog.js';
import { WorkflowDispatcher, type WorkflowStart } from '../workflows/workflow-dispatcher.js';

const AT_ONCE = 16;

interface Waiting {
  readonly id: string;
  readonly stop_requested: string | null;
  readonly pause_wanted: boolean;
  readonly turn: number;
  readonly interrupt_turn: number | null;
}

/** Tells the workflows of attempts, `dispatched_at` of which is null, as soon as their models have room for them. */
@Injectable()
export class AttemptDispatcher extends WorkflowDispatcher<Waiting> {
  constructor(
    private readonly dataSource: DataSource,
    private readonly capacity: ModelCapacity,
    private readonly backlog: ReviewBacklog,
    @Inject(TEMPORAL) temporal: TemporalClient,
    @Inject(LOGGER) private readonly log: Logger,
  ) {
    super(temporal, log, { name: 'attempts', atOnce: AT_ONCE });
  }

  /** Whatever goes wrong with models, attempts that need none are told of. */
  protected override async admit(): Promise<boolean> {
    // First what need not begin at all: it is to take no place at a model.
    const isMoreHeld = await this.tried(() => this.backlog.admit(), 'the backlog of reviewers could not be looked at');
    const isMore = await this.tried(
      () => this.capacity.admit(),
      'no attempt that reaches a model could be let begin; they wait',
    );
    return isMoreHeld || isMore;
  }

  private async tried(work: () => Promise<boolean>, failure: string): Promise<boolean> {
    try {
      return await work();
    } catch (error) {
      this.log.warn({ err: error }, failure);
      return false;
    }
  }

  /**
   * Few at a time, so that what comes now need not wait behind a backlog: stops first, then by priority, and from every
   * batch in turn.
   */
  protected next(limit: number): Promise<Waiting[]> {
    return this.dataSource.query(
      `SELECT a.id, a.stop_requested, a.pause_wanted, a.turn, a.interrupt_turn FROM attempts AS a JOIN batches AS b ON b.id = a.batch_id
       WHERE a.dispatched_at IS NULL AND a.state NOT IN ('COMPLETED', 'FAILED', 'TIMED_OUT', 'CANCELLED')
         AND (a.credential_id IS NULL OR a.admit_time IS NOT NULL OR a.stop_requested IS NOT NULL)
         AND (a.status_detail <> $2 OR a.stop_requested IS NOT NULL)
       ORDER BY a.stop_requested IS NULL, b.priority, row_number() OVER (PARTITION BY a.batch_id ORDER BY a.id), a.id
       LIMIT $1`,
      [limit, REVIEW_BACKLOG],
    );
  }

  protected startOf({ id }: Waiting): WorkflowStart {
    const input: AttemptWorkflowInput = { attemptId: id };
    return { type: WORKFLOW_TYPES.attempt, workflowId: WORKFLOW_IDS.attempt(id), input };
  }

  protected async noteTold(rows: readonly Waiting[]): Promise<void> {
    // What somebody has asked for since the read has set the column back and must not be covered up. Stops lock in the same order.
    await this.dataSource.query(
      `UPDATE attempts SET dispatched_at = now() WHERE id IN (
         SELECT a.id FROM attempts AS a
         JOIN unnest($1::uuid[], $2::text[], $3::boolean[], $4::int[], $5::int[]) AS told (id, stop, pause, turn, interrupt)
           ON told.id = a.id
         WHERE a.stop_requested IS NOT DISTINCT FROM told.stop AND a.pause_wanted = told.pause AND a.turn = told.turn
           AND a.interrupt_turn IS NOT DISTINCT FROM told.interrupt ORDER BY a.id FOR UPDATE OF a)`,
      [
        rows.map((row) => row.id),
        rows.map((row) => row.stop_requested),
        rows.map((row) => row.pause_wanted),
        rows.map((row) => row.turn),
        rows.map((row) => row.interrupt_turn),
      ],
    );
  }
}
