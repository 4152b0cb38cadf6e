import { Inject, Injectable } from '@nestjs/common';
import {
  temporalPriority,
  type AttemptActivities,
  type AttemptStep,
  type BeginResult,
  type NextClaim,
  type PauseStep,
  type StopReasonWord,
  type StoredStep,
} from '@heddle/contracts/workflows';
import type { SandboxLimits } from '@heddle/contracts';
import { ATTEMPT_END_STATES, type TurnMode } from '@heddle/domain';
import { DataSource } from 'typeorm';
import type { SchedulerConfig } from '../config.js';
import { ModelCapacity } from '../credentials/model-capacity.js';
import { AttemptEntity } from '../persistence/attempt.entity.js';
import { enforceBudgets } from '../budgets/enforce-budgets.js';
import { ChangeBell, durationMs } from '@heddle/platform/waiting';
import { CONFIG } from '../shared/tokens.js';
import { TURN_MODE } from './plan-rows.js';
import { recordKept } from './record-kept.js';
import { recordPause } from './record-pause.js';
import { recordStep } from './record-step.js';

interface ClaimRow {
  readonly fence: string;
  readonly stop_requested: StopReasonWord | null;
  readonly pause_wanted: boolean;
  readonly interrupt_wanted: boolean | null;
}

interface BeginRow extends ClaimRow {
  readonly turn: number;
  readonly transition: number;
  readonly restart_count: number;
  readonly batch_id: string;
  readonly priority: number;
  readonly has_checks: boolean;
  readonly mode: TurnMode;
  readonly limits: SandboxLimits | null;
}

/** The attempt workflow's view of the rows: local activities, each one short transaction. */
@Injectable()
export class AttemptActivitiesService implements AttemptActivities {
  constructor(
    private readonly dataSource: DataSource,
    private readonly bell: ChangeBell,
    private readonly capacity: ModelCapacity,
    @Inject(CONFIG) private readonly config: SchedulerConfig,
  ) {}

  async beginAttempt(attemptId: string): Promise<BeginResult> {
    // One that begins when the budget is used up is stopped by what the row says then.
    this.bell.ring(...(await enforceBudgets(this.dataSource, [attemptId])));
    const [[row]]: [BeginRow[], number] = await this.dataSource.query(
      // What waits for a person goes on by a change of its row; until then only a stop is any work.
      `UPDATE attempts AS a SET fence = a.fence + 1, usage = CASE WHEN a.state = 'WAITING_FOR_USER' THEN a.usage END
       FROM tasks AS t, batches AS b, environment_versions AS e
       WHERE a.id = $1 AND NOT a.state = ANY($2) AND (a.state <> 'WAITING_FOR_USER' OR a.stop_requested IS NOT NULL)
         AND t.id = a.task_id AND b.id = a.batch_id
         AND e.environment_id = b.environment_id AND e.version = b.environment_version
       RETURNING a.fence, a.stop_requested, a.pause_wanted, a.interrupt_turn = a.turn AS interrupt_wanted, a.turn, a.transition,
         a.restart_count, a.batch_id, b.priority, t.checks <> '[]' AS has_checks, e.limits, ${TURN_MODE} AS mode`,
      [attemptId, ATTEMPT_END_STATES],
    );
    if (row === undefined) return { kind: 'NOTHING_TO_DO' };
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
        mode: row.mode,
        turn: row.turn,
        transition: row.transition,
        restartCount: row.restart_count,
      },
      claim: toClaim(row),
    };
  }

  async raiseFence(attemptId: string): Promise<NextClaim> {
    const [[row]]: [ClaimRow[], number] = await this.dataSource.query(
      // What the sandbox of an earlier claim used is not this one's.
      `UPDATE attempts SET fence = fence + 1, usage = NULL WHERE id = $1
       RETURNING fence, stop_requested, pause_wanted, interrupt_turn = turn AS interrupt_wanted`,
      [attemptId],
    );
    if (row === undefined) throw new Error(`Attempt ${attemptId} has no row`);
    const until = await this.capacity.holdClaim(attemptId);
    return { ...toClaim(row), ...(until === undefined ? {} : { holdUntil: until.getTime() }) };
  }

  async readIntent(attemptId: string): Promise<{ stop?: StopReasonWord; pause?: boolean; interrupt?: number }> {
    const row = await this.dataSource.manager.findOne(AttemptEntity, {
      where: { id: attemptId },
      select: { id: true, stopRequested: true, pauseWanted: true, interruptTurn: true },
    });
    if (row === null) return {};
    return {
      ...(row.stopRequested === null ? {} : { stop: row.stopRequested }),
      pause: row.pauseWanted,
      ...(row.interruptTurn === null ? {} : { interrupt: row.interruptTurn }),
    };
  }

  async recordPause(step: PauseStep): Promise<void> {
    if (await recordPause(this.dataSource, step)) this.bell.ring(step.attemptId);
  }

  async recordKept({ attemptId, until }: { readonly attemptId: string; readonly until: number }): Promise<void> {
    await recordKept(this.dataSource, attemptId, new Date(until));
  }

  async recordStep(step: AttemptStep): Promise<StoredStep> {
    const { stored, moved } = await recordStep(this.dataSource, step);
    this.bell.ring(...moved);
    // What the turn used may end others that live by the same budget.
    if (step.turn !== undefined) this.bell.ring(...(await enforceBudgets(this.dataSource, [step.attemptId])));
    return stored;
  }
}

function toClaim(row: ClaimRow): NextClaim {
  return {
    fence: Number(row.fence),
    ...(row.stop_requested === null ? {} : { stop: row.stop_requested }),
    ...(row.pause_wanted ? { pause: true } : {}),
    ...(row.interrupt_wanted === true ? { interrupt: true } : {}),
  };
}
