import type { AgentSpec, MergeConflict } from '@heddle/contracts';
import type { ReconciliationState, ReconciliationStep } from '@heddle/domain';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A rung of the ladder. */
export interface ReconciliationRung {
  readonly step: ReconciliationStep;
  /** Its tree is what the rung's work tree begins with. */
  readonly startCommit: string;
  /** In the place of an agent. */
  readonly command?: readonly string[];
  /** The input whose lines are not taken, in these files (as latin1): it has to be proven that nothing is lost by that. */
  readonly dropped?: { readonly position: number; readonly paths: readonly string[] };
  /** Who has merged these files (as latin1), where git has not. */
  readonly structural?: { readonly driver: string; readonly paths: readonly string[] };
}

/** Why a rung was not tried. */
export interface ReconciliationNote {
  readonly step: ReconciliationStep;
  /** The input that is at issue. */
  readonly changeId: string;
  readonly reason: 'NO_TESTS' | 'INTENT_NOT_PROVEN' | 'DRIVER_FAILED';
  /** For people. */
  readonly message: string;
}

@Entity('reconciliations')
export class ReconciliationEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid', { name: 'repository_id' }) repositoryId!: string;
  @Column('text') branch!: string;
  @Column('text', { name: 'base_commit' }) baseCommit!: string;
  @Column('text') state!: ReconciliationState;
  @Column('text') reason!: string;
  @Column('text') message!: string;
  @Column('text') step!: ReconciliationStep;
  @Column('text') instructions!: string;
  @Column('jsonb', { nullable: true }) agent!: AgentSpec | null;
  /** All that it may climb, in their order; empty until the inputs are merged. The last is the agent. */
  @Column('jsonb') rungs!: ReconciliationRung[];
  /** Which of them it is on, from 0. */
  @Column('int') rung!: number;
  @Column('jsonb') notes!: ReconciliationNote[];
  /** Of the rung; null until the inputs are merged. */
  @Column('text', { name: 'start_commit', nullable: true }) startCommit!: string | null;
  /** Of the rung's task; null until the scheduler has it. */
  @Column('uuid', { name: 'task_id', nullable: true }) taskId!: string | null;
  @Column('uuid', { name: 'attempt_id', nullable: true }) attemptId!: string | null;
  @Column('uuid', { name: 'change_id', nullable: true }) changeId!: string | null;
  /** What did not pass on the line merge, for the agent. */
  @Column('text') failed!: string;
  /** The scheduler was not told yet that the task is to stop. */
  @Column('boolean', { name: 'stop_untold' }) stopUntold!: boolean;
  @Column('text') principal!: string;
  @Column('text') traceparent!: string;
  @Column('timestamptz', { name: 'create_time' }) createTime!: Date;
  @Column('timestamptz', { name: 'end_time', nullable: true }) endTime!: Date | null;
  @Column('bigint') revision!: string;
}

/** A change as it was when it was put in. */
@Entity('reconciliation_inputs')
export class ReconciliationInputEntity {
  @PrimaryColumn('uuid', { name: 'reconciliation_id' }) reconciliationId!: string;
  /** In the order of merging, from 0. */
  @PrimaryColumn('int') position!: number;
  @Column('uuid', { name: 'change_id' }) changeId!: string;
  @Column('uuid', { name: 'attempt_id' }) attemptId!: string;
  @Column('uuid', { name: 'task_id' }) taskId!: string;
  @Column('text') title!: string;
  @Column('text', { name: 'base_commit' }) baseCommit!: string;
  @Column('text', { name: 'head_commit' }) headCommit!: string;
  @Column('boolean') merged!: boolean;
  @Column('jsonb') conflicts!: MergeConflict[];
}
