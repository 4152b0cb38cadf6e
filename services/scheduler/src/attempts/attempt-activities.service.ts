import { Inject, Injectable } from '@nestjs/common';
import {
  temporalPriority,
  type AttemptActivities,
  type AttemptStep,
  type BeginResult,
  type StopReasonWord,
  type StoredStep,
} from '@heddle/contracts/workflows';
import { isEndState } from '@heddle/domain';
import { DataSource } from 'typeorm';
import type { SchedulerConfig } from '../config.js';
import { EnvironmentVersionEntity } from '../persistence/environment.entity.js';
import { AttemptEntity } from '../persistence/attempt.entity.js';
import { BatchEntity } from '../persistence/batch.entity.js';
import { TaskEntity } from '../persistence/task.entity.js';
import { ChangeBell, durationMs } from '@heddle/platform/waiting';
import { CONFIG } from '../shared/tokens.js';
import { recordStep } from './record-step.js';

/** The attempt workflow's view of the rows: local activities, each one short transaction. */
@Injectable()
export class AttemptActivitiesService implements AttemptActivities {
  constructor(
    private readonly dataSource: DataSource,
    private readonly bell: ChangeBell,
    @Inject(CONFIG) private readonly config: SchedulerConfig,
  ) {}

  async beginAttempt(attemptId: string): Promise<BeginResult> {
    const { manager } = this.dataSource;
    const attempt = await manager.findOneBy(AttemptEntity, { id: attemptId });
    if (attempt === null || isEndState(attempt.state)) return { kind: 'NOTHING_TO_DO' };
    const task = await manager.findOneByOrFail(TaskEntity, { id: attempt.taskId });
    const batch = await manager.findOneByOrFail(BatchEntity, { id: attempt.batchId });
    const environment = await manager.findOneByOrFail(EnvironmentVersionEntity, {
      environmentId: batch.environmentId,
      version: batch.environmentVersion,
    });
    const duration = environment.limits?.duration;
    return {
      kind: 'WORK',
      plan: {
        attemptId,
        pool: this.config.HEDDLE_RUNNER_POOL,
        priority: temporalPriority(batch.priority),
        fairnessKey: batch.id,
        fairnessWeight: 1,
        timeLimitMs: duration === undefined ? this.config.HEDDLE_ATTEMPT_TIME_LIMIT * 1_000 : durationMs(duration),
        heartbeatTimeoutMs: this.config.HEDDLE_HEARTBEAT_TIMEOUT * 1_000,
        hasChecks: task.checks.length > 0,
        turn: attempt.turn,
        transition: attempt.transition,
        restartCount: attempt.restartCount,
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
