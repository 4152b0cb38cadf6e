import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The newest fence that was opened for an attempt; a lower one may write salvage only. */
@Entity('attempts')
export class AttemptFenceEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid', { name: 'repository_id' }) repositoryId!: string;
  @Column('bigint') fence!: string;
}

/** Written before the ref, closed after it: what lies between is drawn to its end by a repeat or by the reconciler. */
@Entity('checkpoints')
export class CheckpointEntity {
  @PrimaryColumn('uuid', { name: 'attempt_id' }) attemptId!: string;
  @PrimaryColumn('bigint') fence!: string;
  @PrimaryColumn('int') number!: number;
  @Column('text') commit!: string;
  @Column('text', { name: 'tree_id' }) treeId!: string;
  @Column('text', { nullable: true }) ref!: string | null;
  /** The whole CheckpointHeader. */
  @Column('bytea') header!: Buffer;
  @Column('timestamptz', { name: 'create_time' }) createTime!: Date;
  @Column('timestamptz', { name: 'stored_at', nullable: true }) storedAt!: Date | null;
}
