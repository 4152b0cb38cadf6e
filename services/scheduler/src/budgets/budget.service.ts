import { Injectable } from '@nestjs/common';
import { agentAdapter } from '@heddle/agents';
import type { AgentSpec, Budget } from '@heddle/contracts';
import { fieldInvalid, HeddleError, type FieldViolation } from '@heddle/domain';
import { ChangeBell } from '@heddle/platform/waiting';
import { DataSource, type EntityManager } from 'typeorm';
import { budgetFacts, type BudgetFacts } from './budget-facts.js';
import { changeBudget } from './budget-owner-rows.js';
import { budgetViolations } from './budget-violations.js';
import { uncountable } from './countable-budget.js';
import { enforceBudgets } from './enforce-budgets.js';
import { goOn } from './go-on.js';
import type { BudgetOwner } from './spending.js';

const ATTEMPTS_OF = { batch: 'batch_id', task: 'task_id', attempt: 'id' } as const;

interface Work {
  readonly id: string;
  readonly agent: AgentSpec;
  readonly is_live: boolean;
  readonly is_stopped_for_budget: boolean;
}

/** Raises of budgets. */
@Injectable()
export class BudgetService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly bell: ChangeBell,
  ) {}

  /**
   * Sets the limits that `raise` has, and lets those go on that had been stopped. A limit that is what it was stays, so that
   * a repeat is harmless, and finishes what a crash left.
   * @param owner is there
   * @throws HeddleError FIELD_INVALID also for less than there was; ATTEMPT_ENDED where nobody could use it; why not one
   * could go on, of those that nobody else could
   */
  async raise(owner: BudgetOwner, raise: Budget | undefined): Promise<void> {
    const facts = budgetFacts(raise);
    if (raise === undefined || facts === null)
      throw fieldInvalid([{ field: 'budget', description: 'is required: at least one limit' }]);
    refuse(budgetViolations(raise, 'budget'));
    const work = await this.dataSource.transaction(async (manager) => {
      const all = await workOf(manager, owner);
      refuseIfUseless(owner, all);
      const agents = all.map(({ agent }) => agent);
      refuse(await uncountable(manager, raise, agents, 'budget'));
      await changeBudget(manager, owner, 'budget.raised', ({ budget }) => {
        refuse(lowered(budget, facts));
        const next = { ...budget, ...facts };
        return JSON.stringify(next) === JSON.stringify(budget) ? undefined : { budget: next, budgetWarnTime: null };
      });
      return all;
    });
    const live = work.filter((attempt) => attempt.is_live).map(({ id }) => id);
    const { moved, refusal } = await goOn(
      this.dataSource,
      work.map(({ id }) => id),
    );
    this.bell.ring(owner.id, ...moved, ...(await enforceBudgets(this.dataSource, live)));
    if (refusal !== undefined && moved.length === 0 && live.length === 0) throw refusal;
  }
}

function workOf(manager: EntityManager, { kind, id }: BudgetOwner): Promise<Work[]> {
  return manager.query(
    `SELECT a.id, coalesce(a.agent, t.agent) AS agent, a.end_time IS NULL AS is_live,
       a.state = 'FAILED' AND a.status_detail = 'BUDGET_EXHAUSTED' AS is_stopped_for_budget
     FROM attempts AS a JOIN tasks AS t ON t.id = a.task_id WHERE a.${ATTEMPTS_OF[kind]} = $1`,
    [id],
  );
}

/** A task and a batch that have ended may still have a further attempt or turn, an attempt a turn. */
function refuseIfUseless({ kind, id }: BudgetOwner, work: readonly Work[]): void {
  if (kind !== 'attempt') return;
  const mayGoOn = ({ agent }: Work): boolean => agentAdapter(agent.kind).capabilities.resumes;
  if (work.some((attempt) => attempt.is_live || attempt.is_stopped_for_budget || mayGoOn(attempt))) return;
  throw new HeddleError(
    'ATTEMPT_ENDED',
    `Attempt ${id} has ended, and its agent has no conversation: it can not use a higher budget`,
    { metadata: { kind, id } },
  );
}

function lowered(budget: BudgetFacts | null, next: BudgetFacts): FieldViolation[] {
  if (budget === null) return [];
  const violations: FieldViolation[] = [];
  const compare = (field: keyof Budget, before: number | undefined, after: number | undefined): void => {
    if (before !== undefined && after !== undefined && after < before)
      violations.push({
        field: `budget.${field}`,
        description: `must not be less than it is: ${String(before)}${field === 'duration' ? ' s' : ''}`,
      });
  };
  compare('tokens', budget.tokens, next.tokens);
  compare('turns', budget.turns, next.turns);
  compare('duration', inSeconds(budget), inSeconds(next));
  if (budget.cost !== undefined && next.cost !== undefined) {
    if (budget.cost.currencyCode !== next.cost.currencyCode)
      violations.push({
        field: 'budget.cost.currency_code',
        description: `must stay ${budget.cost.currencyCode}`,
      });
    else compare('cost', Number(budget.cost.amount), Number(next.cost.amount));
  }
  return violations;
}

function inSeconds({ durationMs }: BudgetFacts): number | undefined {
  return durationMs === undefined ? undefined : durationMs / 1_000;
}

function refuse(violations: readonly FieldViolation[]): void {
  if (violations.length > 0) throw fieldInvalid([...violations]);
}
