import type { AgentReport, ModelUsageCount, StoredConversation } from '@heddle/contracts/workflows';
import { Column, Entity, PrimaryColumn, VirtualColumn } from 'typeorm';
import { modelsOfTurn } from '../budgets/counted-models.js';

/** What a later turn goes on with: all of it was taken at one moment. */
export interface TurnCheckpoint {
  readonly commit: string;
  readonly treeId: string;
  readonly conversation?: StoredConversation | undefined;
}

/** One prompt to an attempt's agent. The first has the task's prompt, every other one a message. */
@Entity('turns')
export class TurnEntity {
  @PrimaryColumn('uuid', { name: 'attempt_id' }) attemptId!: string;
  /** From 1. */
  @PrimaryColumn('int') turn!: number;
  @Column('text') state!: 'QUEUED' | 'RUNNING' | 'COMPLETED' | 'FAILED' | 'TIMED_OUT' | 'CANCELLED';
  @Column('text', { name: 'status_detail' }) statusDetail!: string;
  @Column('text') message!: string;
  @Column('text') principal!: string;
  /** It is for the turn before it, where that takes it. */
  @Column('boolean', { default: false }) steers!: boolean;
  /** Unique: a verdict asks for one turn, however often it is told. */
  @Column('uuid', { name: 'verdict_id', nullable: true }) verdictId!: string | null;
  /** Empty before it is known, and of a first turn. */
  @Column('text') conversation!: '' | 'RESUMED' | 'AFRESH';
  @Column('jsonb', { nullable: true }) checkpoint!: TurnCheckpoint | null;
  /** As the agent told it: its usage may be that of the whole conversation so far. */
  @Column('jsonb', { nullable: true }) report!: AgentReport | null;
  /** Tokens of its runs, and of this turn alone; absent in a row that is new. */
  @VirtualColumn('jsonb', { query: modelsOfTurn }) countedModels?: ModelUsageCount[] | null;
  @Column('timestamptz', { name: 'create_time' }) createTime!: Date;
  @Column('timestamptz', { name: 'start_time', nullable: true }) startTime!: Date | null;
  @Column('timestamptz', { name: 'end_time', nullable: true }) endTime!: Date | null;
}
