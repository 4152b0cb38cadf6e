import { Inject, Injectable } from '@nestjs/common';
import {
  temporalPriority,
  type AttemptActivities,
  type AttemptStep,
  type BeginResult,
  type StopReasonWord,
  type StoredStep,
} from '@heddle/contracts/workflows';
import type { SandboxLimits } from '@heddle/contracts';
import { isEndState, type AttemptState } from '@heddle/domain';
import { DataSource } from 'typeorm';
import type { SchedulerConfig } from '../config.js';
import { AttemptEntity } from '../persistence/attempt.entity.js';
import { ChangeBell, durationMs } from '@heddle/platform/waiting';
import { CONFIG } from '../shared/tokens.js';
import { recordStep } from './record-step.js';

interface BeginRow {
  readonly state: AttemptState;
  readonly turn: number;
  readonly transition: number;
  readonly restart_count: number;
  readonly batch_id: string;
  readonly priority: number;
  readonly has_checks: boolean;
  readonly limits: SandboxLimits | null;
}

/** The attempt workflow's view of the rows: local activities, each one short transaction. */
@Injectable()
export class AttemptActivitiesService implements AttemptActivities {
  constructor(
    private readonly dataSource: DataSource,
    private readonly bell: ChangeBell,
    @Inject(CONFIG) private readonly config: SchedulerConfig,
  ) {}

  async beginAttempt(attemptId: string): Promise<BeginResult> {
    const [row]: BeginRow[] = await this.dataSource.query(
      `SELECT a.state, a.turn, a.transition, a.restart_count, a.batch_id, b.priority, t.checks <> '[]' AS has_checks, e.limits
       FROM attempts AS a JOIN tasks AS t ON t.id = a.task_id JOIN batches AS b ON b.id = a.batch_id
       JOIN environment_versions AS e ON e.environment_id = b.environment_id AND e.version = b.environment_version
       WHERE a.id = $1`,
      [attemptId],
    );
    if (row === undefined || isEndState(row.state)) return { kind: 'NOTHING_TO_DO' };
    const duration = row.limits?.duration;
    return {
      kind: 'WORK',
      plan: {
        attemptId,
        pool: this.config.HEDDLE_RUNNER_POOL,
        priority: temporalPriority(row.priority),
        fairnessKey: row.batch_id,
        fairnessWeight: 1,
        timeLimitMs: duration === undefined ? this.config.HEDDLE_ATTEMPT_TIME_LIMIT * 1_000 : durationMs(duration),
        heartbeatTimeoutMs: this.config.HEDDLE_HEARTBEAT_TIMEOUT * 1_000,
        hasChecks: row.has_checks,
        turn: row.turn,
        transition: row.transition,
        restartCount: row.restart_count,
      },
    };
  }

  async raiseFence(attemptId: string): Promise<{ fence: number; stop?: StopReasonWord }> {
    const [rows]: [{ fence: string; stop_requested: StopReasonWord | null }[], number] = await this.dataSource.query(
      'UPDATE attempts SET fence = fence + 1 WHERE id = $1 RETURNING fence, stop_requested',
      [attemptId],
    );
    const row = rows[0];
    if (row === undefined) throw new Error(`Attempt ${attemptId} has no row`);
    return { fence: Number(row.fence), ...(row.stop_requested === null ? {} : { stop: row.stop_requested }) };
  }

  async readIntent(attemptId: string): Promise<{ stop?: StopReasonWord }> {
    const row = await this.dataSource.manager.findOne(AttemptEntity, {
      where: { id: attemptId },
      select: { id: true, stopRequested: true },
    });
    return row?.stopRequested == null ? {} : { stop: row.stopRequested };
  }

  async recordStep(step: AttemptStep): Promise<StoredStep> {
    const { stored, moved } = await recordStep(this.dataSource, step);
    this.bell.ring(...moved);
    return stored;
  }
}
