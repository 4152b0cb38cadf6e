import type { Notice } from '@heddle/contracts';
import type { CriterionState, DiffFacts, ProvingCheck } from '@heddle/domain';
import { Column, Entity, PrimaryColumn } from 'typeorm';

export type ReviewStateWord = 'PENDING' | 'APPROVED' | 'CHANGES_REQUESTED' | 'REJECTED';

/** A `heddle.v1.CheckResult` in canonical JSON, which is flat. */
export type StoredCheck = Record<string, string | number | boolean>;

/** What the scheduler knows of the task behind a change; it never changes. */
export interface TaskFacts {
  readonly launchedBy: string;
  readonly acceptance: readonly string[];
  readonly checks: readonly (ProvingCheck & { readonly advisory: boolean })[];
  /** Of the batch: 1 is first. */
  readonly priority: number;
}

@Entity('changes')
export class ChangeEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid', { name: 'attempt_id' }) attemptId!: string;
  @Column('uuid', { name: 'task_id' }) taskId!: string;
  @Column('uuid', { name: 'batch_id' }) batchId!: string;
  @Column('uuid', { name: 'repository_id' }) repositoryId!: string;
  @Column('int', { name: 'attempt_number' }) attemptNumber!: number;
  @Column('text') title!: string;
  /** The branch that the batch started from; empty where it started from a commit or tag. */
  @Column('text', { name: 'source_branch' }) sourceBranch!: string;
  @Column('text', { name: 'base_commit' }) baseCommit!: string;
  @Column('text', { name: 'head_commit' }) headCommit!: string;
  @Column('text', { name: 'tree_id' }) treeId!: string;
  @Column('text') ref!: string;
  /** Of the checkpoint that is the head. */
  @Column('bigint') fence!: string;
  @Column('int', { name: 'checkpoint_number' }) checkpointNumber!: number;
  @Column('boolean') partial!: boolean;
  @Column('boolean') empty!: boolean;
  @Column('text', { name: 'review_state' }) reviewState!: ReviewStateWord;
  @Column('int', { name: 'file_count' }) fileCount!: number;
  @Column('int') additions!: number;
  @Column('int') deletions!: number;
  @Column('jsonb') notices!: Notice[];
  /** Copies of the scheduler's rows. */
  @Column('jsonb') checks!: StoredCheck[];
  /** The attempt has ended: no more evidence will come. */
  @Column('boolean', { name: 'evidence_final' }) evidenceFinal!: boolean;
  /** Null: the scheduler was not asked yet. */
  @Column('jsonb', { name: 'task_facts', nullable: true }) taskFacts!: TaskFacts | null;
  /** Of the head; null of changes from before triage. */
  @Column('jsonb', { name: 'diff_facts', nullable: true }) diffFacts!: DiffFacts | null;
  /** Of the head's tree. */
  @Column('jsonb', { name: 'criteria_counts' }) criteriaCounts!: Record<CriterionState, number>;
  @Column('text') traceparent!: string;
  @Column('timestamptz', { name: 'create_time' }) createTime!: Date;
  @Column('timestamptz', { name: 'update_time' }) updateTime!: Date;
  @Column('bigint') revision!: string;
}
