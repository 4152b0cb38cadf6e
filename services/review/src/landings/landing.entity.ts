import type { LandingState } from '@heddle/domain';
import type { StoredCheck } from '../changes/change.entity.js';
import type { LandingDelivery, LandingStyle } from '../queues/landing-queue.entity.js';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A pull request at the repository's forge. */
export interface PullRequestRef {
  readonly number: number;
  /** Its page; empty where the forge names none. */
  readonly url: string;
  /** What its branch was moved to last; absent of what was proposed before this was kept: the landing's commit. */
  readonly headCommit?: string;
  /** The change's head that was tested for it; absent likewise: the landing's. */
  readonly changeHead?: string;
}

@Entity('landings')
export class LandingEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid', { name: 'change_id' }) changeId!: string;
  @Column('uuid', { name: 'attempt_id' }) attemptId!: string;
  @Column('uuid', { name: 'task_id' }) taskId!: string;
  @Column('uuid', { name: 'batch_id' }) batchId!: string;
  @Column('uuid', { name: 'repository_id' }) repositoryId!: string;
  @Column('uuid', { name: 'queue_id' }) queueId!: string;
  @Column('text') branch!: string;
  @Column('text', { name: 'head_commit' }) headCommit!: string;
  @Column('text', { name: 'base_commit' }) baseCommit!: string;
  @Column('text') title!: string;
  /** The attempt's SandboxSpec as it was at the request: what the checks are and where they run. */
  @Column('bytea') spec!: Buffer;
  @Column('text') style!: LandingStyle;
  @Column('text') delivery!: LandingDelivery;
  /** 1 to 5, 1 first; within one, by position. */
  @Column('int') priority!: number;
  @Column({ type: 'bigint', insert: false, update: false }) position!: string;
  @Column('text') state!: LandingState;
  @Column('timestamptz', { name: 'state_since' }) stateSince!: Date;
  @Column('text') reason!: string;
  @Column('text') message!: string;
  @Column('jsonb', { name: 'conflict_paths' }) conflictPaths!: string[];
  /** Of the last merged tree that was tested. */
  @Column('jsonb') checks!: StoredCheck[];
  @Column('bigint') fence!: string;
  /** The merge that is under test now. */
  @Column('text', { nullable: true }) candidate!: string | null;
  /** What the candidate was merged onto. */
  @Column('text', { nullable: true }) onto!: string | null;
  /** Another commit than the candidate that the sandbox of the newest fence is of. */
  @Column({ type: 'text', nullable: true, insert: false, update: false }) probe!: string | null;
  /** Landings whose checks that sandbox runs, the oldest first and this one last; null: its own alone. */
  @Column({ type: 'uuid', name: 'checks_of', array: true, nullable: true, insert: false, update: false })
  checksOf!: string[] | null;
  /** Which of the tests of these checks it is, from 0. */
  @Column({ type: 'int', insert: false, update: false }) test!: number;
  /** The tested merge that is being pushed: written once, taken back only when the branch was decided against it. */
  @Column('text', { nullable: true }) commit!: string | null;
  /** What the branch was when the push was decided. */
  @Column('text', { name: 'expected_old', nullable: true }) expectedOld!: string | null;
  /** The tip of the push that carries this landing: its own commit, or one that was merged onto it. */
  @Column('text', { name: 'push_head', nullable: true }) pushHead!: string | null;
  /** From PROPOSED on. */
  @Column('jsonb', { name: 'pull_request', nullable: true }) pullRequest!: PullRequestRef | null;
  /** What the forge made of `commit` on the branch; null where a push brought `commit` itself. */
  @Column('text', { name: 'landed_commit', nullable: true }) landedCommit!: string | null;
  /** Its checks are wanted on what landed, which is another tree than was tested. */
  @Column('boolean', { name: 'checks_landed' }) checksLanded!: boolean;
  /** When the forge was asked last what became of it; null: it is asked next. */
  @Column('timestamptz', { name: 'look_time', nullable: true }) lookTime!: Date | null;
  @Column('uuid', { name: 'partner_id', nullable: true }) partnerId!: string | null;
  /** The landing that this one takes back. */
  @Column('uuid', { name: 'reverts_id', nullable: true }) revertsId!: string | null;
  /** The landing that took this one back. */
  @Column('uuid', { name: 'reverted_by_id', nullable: true }) revertedById!: string | null;
  /** The reconciliation that brings its change onto the branch as it is; it is there a little later than here. */
  @Column('uuid', { name: 'reconciliation_id', nullable: true }) reconciliationId!: string | null;
  @Column('text') traceparent!: string;
  @Column('timestamptz', { name: 'create_time' }) createTime!: Date;
  @Column('timestamptz', { name: 'end_time', nullable: true }) endTime!: Date | null;
  @Column('bigint') revision!: string;
  /** When the queue's workflow was told of the row as it is; null: not yet. */
  @Column('timestamptz', { name: 'dispatched_at', nullable: true }) dispatchedAt!: Date | null;
}
