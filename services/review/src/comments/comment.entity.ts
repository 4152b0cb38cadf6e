import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A comment; the first of a thread also holds what is the thread's: its state and what it is about. */
@Entity('comments')
export class CommentEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid', { name: 'thread_id' }) threadId!: string;
  @Column('uuid', { name: 'change_id' }) changeId!: string;
  @Column('uuid', { name: 'batch_id' }) batchId!: string;
  @Column('text') text!: string;
  @Column('text') principal!: string;
  @Column('boolean') deleted!: boolean;
  @Column('text') state!: 'OPEN' | 'RESOLVED';
  @Column('text') resolver!: string;
  @Column('timestamptz', { name: 'resolve_time', nullable: true }) resolveTime!: Date | null;
  /** Null: about the change as a whole. On the side OLD the name at the base. */
  @Column('bytea', { nullable: true }) path!: Buffer | null;
  @Column('text') side!: 'OLD' | 'NEW' | '';
  /** From 1; 0: the whole file. */
  @Column('int', { name: 'start_line' }) startLine!: number;
  @Column('int', { name: 'end_line' }) endLine!: number;
  @Column('text') quote!: string;
  /** What was seen. */
  @Column('text', { name: 'head_commit' }) headCommit!: string;
  @Column('text', { name: 'base_commit' }) baseCommit!: string;
  @Column('timestamptz', { name: 'create_time' }) createTime!: Date;
  @Column('timestamptz', { name: 'update_time' }) updateTime!: Date;
  @Column('bigint') revision!: string;
}

/** What a thread is about. */
export type StoredAnchor = Pick<
  CommentEntity,
  'path' | 'side' | 'startLine' | 'endLine' | 'quote' | 'headCommit' | 'baseCommit'
>;
