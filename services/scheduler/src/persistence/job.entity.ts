import type { StopReasonWord } from '@heddle/contracts/workflows';
import type { JobState } from '@heddle/domain';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { JobFacts } from '../jobs/job-facts.js';

/** A dry run of an environment's set-up; the only kind of job so far. */
@Entity('jobs')
export class JobEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('text') kind!: 'VALIDATE_ENVIRONMENT';
  @Column('text') state!: JobState;
  @Column('text', { name: 'status_detail' }) statusDetail!: string;
  @Column('text', { name: 'status_message' }) statusMessage!: string;
  @Column('timestamptz', { name: 'state_since' }) stateSince!: Date;
  @Column('uuid', { name: 'environment_id' }) environmentId!: string;
  @Column('int', { name: 'environment_version' }) environmentVersion!: number;
  @Column('uuid', { name: 'repository_id' }) repositoryId!: string;
  @Column('text') ref!: string;
  /** Empty where the ref is no branch. */
  @Column('text', { name: 'source_branch' }) sourceBranch!: string;
  @Column('text') commit!: string;
  @Column('boolean', { name: 'run_checks' }) runChecks!: boolean;
  /** Number of the last step that the workflow recorded. */
  @Column('int') transition!: number;
  @Column('bigint') fence!: string;
  @Column('int', { name: 'restart_count' }) restartCount!: number;
  @Column('text', { name: 'stop_requested', nullable: true }) stopRequested!: StopReasonWord | null;
  @Column('text', { name: 'runner_id', nullable: true }) runnerId!: string | null;
  /** Of its present claim. */
  @Column('jsonb') facts!: JobFacts;
  @Column('text') principal!: string;
  @Column('text') traceparent!: string;
  @Column('timestamptz', { name: 'create_time' }) createTime!: Date;
  @Column('timestamptz', { name: 'start_time', nullable: true }) startTime!: Date | null;
  @Column('timestamptz', { name: 'end_time', nullable: true }) endTime!: Date | null;
  @Column('bigint') revision!: string;
  @Column('timestamptz', { name: 'dispatched_at', nullable: true }) dispatchedAt!: Date | null;
}
