import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A `heddle.v1.Dismissal`. */
export interface DismissalFact {
  readonly reason: 'CONTENT_MOVED' | 'DISMISSED_BY_USER';
  readonly message: string;
  readonly principal: string;
  /** ISO 8601. */
  readonly createTime: string;
}

@Entity('verdicts')
export class VerdictEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid', { name: 'change_id' }) changeId!: string;
  @Column('text') decision!: 'APPROVE' | 'REQUEST_CHANGES' | 'REJECT';
  @Column('text', { name: 'head_commit' }) headCommit!: string;
  /** Of the head that was seen; empty of verdicts from before, which hold no more. */
  @Column('text', { name: 'tree_id' }) treeId!: string;
  /** Null exactly where it was dismissed. */
  @Column('text', { name: 'held_head_commit', nullable: true }) heldHeadCommit!: string | null;
  @Column('jsonb', { nullable: true }) dismissal!: DismissalFact | null;
  @Column('bigint') revision!: string;
  @Column('text', { name: 'reason_class' }) reasonClass!: string;
  @Column('text') comment!: string;
  /** What the agent is told. */
  @Column('text') message!: string;
  @Column('text') principal!: string;
  @Column('timestamptz', { name: 'create_time' }) createTime!: Date;
}
