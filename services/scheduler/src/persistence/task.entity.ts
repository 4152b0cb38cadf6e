import type { AgentSpec, Check, TaskVariant } from '@heddle/contracts';
import type { TurnMode } from '@heddle/domain';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { BudgetFacts } from '../budgets/budget-facts.js';

@Entity('tasks')
export class TaskEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid', { name: 'batch_id' }) batchId!: string;
  @Column('uuid', { name: 'repository_id' }) repositoryId!: string;
  /** From 0, in the order of the request. */
  @Column('int') position!: number;
  @Column('text') title!: string;
  @Column('text') prompt!: string;
  @Column('text') mode!: TurnMode;
  /** With variants: the first one's. */
  @Column('jsonb') agent!: AgentSpec;
  /** The environment's and the task's own, as they were at creation. */
  @Column('jsonb') checks!: Check[];
  @Column('jsonb') acceptance!: string[];
  @Column('jsonb', { name: 'declared_paths' }) declaredPaths!: string[];
  @Column('jsonb', { nullable: true }) budget!: BudgetFacts | null;
  /** When it was told that most of the budget is used; null since a raise. */
  @Column('timestamptz', { name: 'budget_warn_time', nullable: true }) budgetWarnTime!: Date | null;
  /** Without their prompts. */
  @Column('jsonb') variants!: TaskVariant[];
  /** In the order of the variants; empty: the task's. */
  @Column('jsonb', { name: 'variant_prompts' }) variantPrompts!: string[];
  @Column('boolean', { name: 'early_stop' }) earlyStop!: boolean;
  /** Its tree is what a first turn's work tree begins with; empty: the base. */
  @Column('text', { name: 'start_commit' }) startCommit!: string;
  @Column('timestamptz', { name: 'create_time' }) createTime!: Date;
  @Column('timestamptz', { name: 'end_time', nullable: true }) endTime!: Date | null;
  @Column('bigint') revision!: string;
}

/** A task without its prompts. */
export type TaskSummary = Omit<TaskEntity, 'prompt' | 'variantPrompts'>;

/** All columns but the prompts, which may be 256 KiB each and are shown with a task alone only. */
export const WITHOUT_PROMPT = {
  id: true,
  batchId: true,
  repositoryId: true,
  position: true,
  title: true,
  mode: true,
  agent: true,
  checks: true,
  acceptance: true,
  declaredPaths: true,
  budget: true,
  budgetWarnTime: true,
  variants: true,
  earlyStop: true,
  startCommit: true,
  createTime: true,
  endTime: true,
  revision: true,
} satisfies Record<keyof TaskSummary, true>;
