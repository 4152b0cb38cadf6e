import type { TrialState } from '@heddle/domain';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { StoredCheck } from '../changes/change.entity.js';

/**
 * What a trial is to find out. CROSS_TEST: tests of one attempt over the work of another, or over their base;
 * OVERLAP: whether two changes that merge pass together; RECONCILIATION: whether a tree passes the checks of all its sides;
 * LANDED_TREE: whether what a forge has merged passes the checks of the landing.
 */
export type TrialKind = 'CROSS_TEST' | 'OVERLAP' | 'RECONCILIATION' | 'LANDED_TREE';

@Entity('trials')
export class TrialEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('text') kind!: TrialKind;
  /** The question that it answers: who asks it again gets the same trial. */
  @Column('text') key!: string;
  @Column('uuid', { name: 'repository_id' }) repositoryId!: string;
  @Column('uuid', { name: 'batch_id', nullable: true }) batchId!: string | null;
  @Column('uuid', { name: 'task_id', nullable: true }) taskId!: string | null;
  @Column('text', { name: 'base_commit' }) baseCommit!: string;
  /** What is laid over the base. */
  @Column('text') commit!: string;
  @Column('int', { name: 'environment_version' }) environmentVersion!: number;
  /** SandboxSpec: the environment, and the checks that run. */
  @Column('bytea') spec!: Buffer;
  /** 1 to 5, 1 first. */
  @Column('int') priority!: number;
  @Column('text') state!: TrialState;
  @Column('timestamptz', { name: 'state_since' }) stateSince!: Date;
  @Column('boolean', { name: 'cancel_requested' }) cancelRequested!: boolean;
  /** Why it is ERRORED. */
  @Column('text') reason!: string;
  @Column('text') message!: string;
  /** Of RAN: one for each check, in their order. */
  @Column('jsonb') results!: StoredCheck[];
  @Column('bigint') fence!: string;
  @Column('text') traceparent!: string;
  @Column('timestamptz', { name: 'create_time' }) createTime!: Date;
  @Column('timestamptz', { name: 'start_time', nullable: true }) startTime!: Date | null;
  @Column('timestamptz', { name: 'end_time', nullable: true }) endTime!: Date | null;
  /** When its workflow was told of the row as it is; null: not yet. */
  @Column('timestamptz', { name: 'dispatched_at', nullable: true }) dispatchedAt!: Date | null;
}
