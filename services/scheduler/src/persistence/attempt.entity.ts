import type { AgentSpec } from '@heddle/contracts';
import type { AgentReport, ModelUsageCount, StopReasonWord } from '@heddle/contracts/workflows';
import type { AttemptState, LandingState } from '@heddle/domain';
import { Column, Entity, PrimaryColumn, VirtualColumn } from 'typeorm';
import type { SandboxFacts, UsageFacts } from '../attempts/attempt-facts.js';
import type { BudgetFacts } from '../budgets/budget-facts.js';
import { modelsOfAttempt } from '../budgets/counted-models.js';

@Entity('attempts')
export class AttemptEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid', { name: 'task_id' }) taskId!: string;
  @Column('uuid', { name: 'batch_id' }) batchId!: string;
  @Column('uuid', { name: 'repository_id' }) repositoryId!: string;
  @Column('int', { name: 'attempt_number' }) attemptNumber!: number;
  /** Of the task's; empty: of none. */
  @Column('text') variant!: string;
  /** Null: the task's. */
  @Column('jsonb', { nullable: true }) agent!: AgentSpec | null;
  @Column('text') state!: AttemptState;
  @Column('text', { name: 'status_detail' }) statusDetail!: string;
  @Column('text', { name: 'status_message' }) statusMessage!: string;
  @Column('timestamptz', { name: 'state_since' }) stateSince!: Date;
  @Column('int') turn!: number;
  /** The turn that somebody wants interrupted. */
  @Column('int', { name: 'interrupt_turn', nullable: true }) interruptTurn!: number | null;
  /** Number of the last step that the workflow recorded. */
  @Column('int') transition!: number;
  @Column('bigint') fence!: string;
  @Column('int', { name: 'restart_count' }) restartCount!: number;
  @Column('text', { name: 'stop_requested', nullable: true }) stopRequested!: StopReasonWord | null;
  /** For people: why it was asked to stop, where the reason does not say it all. */
  @Column('text', { name: 'stop_message', default: '' }) stopMessage!: string;
  @Column('text', { name: 'runner_id', nullable: true }) runnerId!: string | null;
  @Column('int', { name: 'exit_code', nullable: true }) exitCode!: number | null;
  @Column('jsonb', { nullable: true }) sandbox!: SandboxFacts | null;
  @Column('jsonb', { nullable: true }) usage!: UsageFacts | null;
  /** Of the last turn, as the agent told it. */
  @Column('jsonb', { name: 'agent_report', nullable: true }) agentReport!: AgentReport | null;
  /** Tokens of all its runs; absent in a row that is new. */
  @VirtualColumn('jsonb', { query: modelsOfAttempt }) countedModels?: ModelUsageCount[] | null;
  /** What its agent was doing when its runner reported last, in one line; empty in each new state. */
  @Column('text', { name: 'activity_summary', default: '' }) activitySummary!: string;
  /** What the user wants; `pauseTime` says what is so. */
  @Column('boolean', { name: 'pause_wanted' }) pauseWanted!: boolean;
  @Column('timestamptz', { name: 'pause_time', nullable: true }) pauseTime!: Date | null;
  /** By which its agent reaches its model. */
  @Column('uuid', { name: 'credential_id', nullable: true }) credentialId!: string | null;
  /** Since when it has a place among those that use its credential; without a credential it needs none. */
  @Column('timestamptz', { name: 'admit_time', nullable: true }) admitTime!: Date | null;
  @Column('timestamptz', { name: 'retry_time', nullable: true }) retryTime!: Date | null;
  @Column('timestamptz', { name: 'keep_until_time', nullable: true }) keepUntilTime!: Date | null;
  @Column('uuid', { name: 'change_id', nullable: true }) changeId!: string | null;
  /** Copies of review's facts, brought by its events. */
  @Column('text', { name: 'review_state' }) reviewState!: 'PENDING' | 'APPROVED' | 'CHANGES_REQUESTED' | 'REJECTED';
  @Column('uuid', { name: 'landing_id', nullable: true }) landingId!: string | null;
  /** The landing that took back what this attempt's landing brought. */
  @Column('uuid', { name: 'reverted_by_landing_id', nullable: true }) revertedByLandingId!: string | null;
  @Column('text', { name: 'landing_state' }) landingState!: LandingState;
  @Column('jsonb', { nullable: true }) budget!: BudgetFacts | null;
  /** When it was told that most of the budget is used; null since a raise. */
  @Column('timestamptz', { name: 'budget_warn_time', nullable: true }) budgetWarnTime!: Date | null;
  @Column('timestamptz', { name: 'create_time' }) createTime!: Date;
  @Column('timestamptz', { name: 'start_time', nullable: true }) startTime!: Date | null;
  @Column('timestamptz', { name: 'end_time', nullable: true }) endTime!: Date | null;
  @Column('bigint') revision!: string;
  @Column('timestamptz', { name: 'dispatched_at', nullable: true }) dispatchedAt!: Date | null;
}
