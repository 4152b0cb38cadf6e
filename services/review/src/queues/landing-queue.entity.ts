import { Column, Entity, PrimaryColumn } from 'typeorm';

export type LandingStyle = 'MERGE' | 'SQUASH' | 'REBASE';
/** To the branch itself, or to a branch of its own from which it is proposed. */
export type LandingDelivery = 'PUSH' | 'PULL_REQUEST';
export type LandingQueueState = 'ACTIVE' | 'PAUSED' | 'STOPPED';

@Entity('landing_queues')
export class LandingQueueEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid', { name: 'repository_id' }) repositoryId!: string;
  @Column('text') branch!: string;
  @Column('text') state!: LandingQueueState;
  /** Why it does not go on, in words. */
  @Column('text') message!: string;
  @Column('text', { name: 'paused_by' }) pausedBy!: string;
  /** The tip of the branch that is red by itself, while the queue is STOPPED. */
  @Column('text', { name: 'red_tip', nullable: true }) redTip!: string | null;
  @Column('int', { name: 'window_max' }) windowMax!: number;
  @Column('int', { name: 'batch_max' }) batchMax!: number;
  @Column('int', { name: 'landed_checks' }) landedChecks!: number;
  @Column('boolean', { name: 'retry_flakes' }) retryFlakes!: boolean;
  @Column('text') style!: LandingStyle;
  @Column('text') delivery!: LandingDelivery;
  @Column('boolean', { name: 'return_to_author' }) returnToAuthor!: boolean;
  @Column('boolean', { name: 'reconcile_ejected' }) reconcileEjected!: boolean;
  @Column('int', { name: 'rounds_max' }) roundsMax!: number;
  @Column('timestamptz', { name: 'create_time' }) createTime!: Date;
  @Column('timestamptz', { name: 'update_time' }) updateTime!: Date;
  @Column('bigint') revision!: string;
}
