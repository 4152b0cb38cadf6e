import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('verdicts')
export class VerdictEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid', { name: 'change_id' }) changeId!: string;
  @Column('text') decision!: 'APPROVE' | 'REQUEST_CHANGES' | 'REJECT';
  @Column('text', { name: 'head_commit' }) headCommit!: string;
  @Column('text', { name: 'reason_class' }) reasonClass!: string;
  @Column('text') comment!: string;
  /** What the agent is told. */
  @Column('text') message!: string;
  @Column('text') principal!: string;
  @Column('timestamptz', { name: 'create_time' }) createTime!: Date;
}
