import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { BudgetFacts } from '../budgets/budget-facts.js';

@Entity('batches')
export class BatchEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid', { name: 'repository_id' }) repositoryId!: string;
  @Column('text') ref!: string;
  /** The branch that `ref` names, empty where it names a tag or a commit. */
  @Column('text', { name: 'source_branch' }) sourceBranch!: string;
  @Column('text', { name: 'base_commit' }) baseCommit!: string;
  @Column('uuid', { name: 'environment_id' }) environmentId!: string;
  @Column('int', { name: 'environment_version' }) environmentVersion!: number;
  @Column('text') brief!: string;
  @Column('jsonb') labels!: Record<string, string>;
  @Column('int') priority!: number;
  @Column('text') principal!: string;
  @Column('text') traceparent!: string;
  @Column('jsonb', { nullable: true }) budget!: BudgetFacts | null;
  /** When it was told that most of the budget is used; null since a raise. */
  @Column('timestamptz', { name: 'budget_warn_time', nullable: true }) budgetWarnTime!: Date | null;
  /** By which its tasks were split; review has it. */
  @Column('uuid', { name: 'forecast_id', nullable: true }) forecastId!: string | null;
  @Column('timestamptz', { name: 'create_time' }) createTime!: Date;
  @Column('timestamptz', { name: 'end_time', nullable: true }) endTime!: Date | null;
  @Column('bigint') revision!: string;
}
