import { Inject, Injectable } from '@nestjs/common';
import type { Check, Duration, EnvironmentSetup } from '@heddle/contracts';
import {
  temporalPriority,
  type BeginJobResult,
  type JobActivities,
  type JobStep,
  type NextClaim,
  type StopReasonWord,
  type StoredJobStep,
} from '@heddle/contracts/workflows';
import { JOB_END_STATES } from '@heddle/domain';
import { ChangeBell, durationMs } from '@heddle/platform/waiting';
import { DataSource } from 'typeorm';
import type { SchedulerConfig } from '../config.js';
import { CONFIG } from '../shared/tokens.js';
import { recordJobStep } from './record-job-step.js';

/** As a batch's where nobody says more. */
const PRIORITY = temporalPriority(3);
/** All jobs are one party in the queue, beside each batch. */
const FAIRNESS_KEY = 'jobs';
/** Of a check that names no limit, as the runner has it. */
const CHECK_LIMIT_MS = 10 * 60_000;

interface ClaimRow {
  readonly fence: string;
  readonly stop_requested: StopReasonWord | null;
}

interface BeginRow extends ClaimRow {
  readonly transition: number;
  readonly restart_count: number;
  readonly commit: string;
  readonly run_checks: boolean;
  readonly checks: readonly Check[];
  readonly setup: EnvironmentSetup | null;
}

/** The job workflow's view of the rows: local activities, each one short transaction. */
@Injectable()
export class JobActivitiesService implements JobActivities {
  constructor(
    private readonly dataSource: DataSource,
    private readonly bell: ChangeBell,
    @Inject(CONFIG) private readonly config: SchedulerConfig,
  ) {}

  async beginJob(jobId: string): Promise<BeginJobResult> {
    const [[row]]: [BeginRow[], number] = await this.dataSource.query(
      `UPDATE jobs AS j SET fence = j.fence + 1 FROM environment_versions AS e
       WHERE j.id = $1 AND NOT j.state = ANY($2)
         AND e.environment_id = j.environment_id AND e.version = j.environment_version
       RETURNING j.fence, j.stop_requested, j.transition, j.restart_count, j.commit, j.run_checks, e.checks, e.setup`,
      [jobId, JOB_END_STATES],
    );
    if (row === undefined) return { kind: 'NOTHING_TO_DO' };
    const setupTimeoutMs = limitMs(row.setup?.timeout);
    return {
      kind: 'WORK',
      plan: {
        jobId,
        pool: this.config.HEDDLE_RUNNER_POOL,
        priority: PRIORITY,
        fairnessKey: FAIRNESS_KEY,
        heartbeatTimeoutMs: this.config.HEDDLE_HEARTBEAT_TIMEOUT * 1_000,
        ...(setupTimeoutMs === 0 ? {} : { setupTimeoutMs }),
        checksTimeoutMs: row.run_checks
          ? row.checks.reduce((sum, { timeout }) => sum + (limitMs(timeout) || CHECK_LIMIT_MS), 0)
          : 0,
        commit: row.commit,
        transition: row.transition,
        restartCount: row.restart_count,
      },
      claim: toClaim(row),
    };
  }

  async raiseJobFence(jobId: string): Promise<NextClaim> {
    const [[row]]: [ClaimRow[], number] = await this.dataSource.query(
      'UPDATE jobs SET fence = fence + 1 WHERE id = $1 RETURNING fence, stop_requested',
      [jobId],
    );
    if (row === undefined) throw new Error(`Job ${jobId} has no row`);
    return toClaim(row);
  }

  async readJobIntent(jobId: string): Promise<{ stop?: StopReasonWord }> {
    const [row]: Pick<ClaimRow, 'stop_requested'>[] = await this.dataSource.query(
      'SELECT stop_requested FROM jobs WHERE id = $1',
      [jobId],
    );
    return row?.stop_requested == null ? {} : { stop: row.stop_requested };
  }

  async recordJobStep(step: JobStep): Promise<StoredJobStep> {
    const stored = await recordJobStep(this.dataSource, step);
    this.bell.ring(step.jobId);
    return stored;
  }
}

function toClaim({ fence, stop_requested: stop }: ClaimRow): NextClaim {
  return { fence: Number(fence), ...(stop === null ? {} : { stop }) };
}

/** 0: none is set. */
function limitMs(limit: Duration | undefined): number {
  return limit === undefined ? 0 : durationMs(limit);
}
