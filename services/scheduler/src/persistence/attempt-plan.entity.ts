import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('attempt_plans')
export class AttemptPlanEntity {
  @PrimaryColumn('uuid', { name: 'attempt_id' }) attemptId!: string;
  /** The turn that it was made in. */
  @PrimaryColumn('int') version!: number;
  @Column('text') text!: string;
  @Column('timestamptz', { name: 'create_time' }) createTime!: Date;
  @Column('timestamptz', { name: 'approve_time', nullable: true }) approveTime!: Date | null;
  @Column('text', { nullable: true }) approver!: string | null;
  /** Null: as the agent wrote it. */
  @Column('text', { name: 'approved_text', nullable: true }) approvedText!: string | null;
}
