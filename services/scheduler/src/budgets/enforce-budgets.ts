import type { DataSource } from 'typeorm';
import { requestStop } from '../attempts/request-stop.js';
import type { BudgetFacts } from './budget-facts.js';
import { changeBudget } from './budget-owner-rows.js';
import { judgeBudget, type BudgetVerdict } from './judge-budget.js';
import { spentBy, type BudgetOwner } from './spending.js';

interface Row extends BudgetOwner {
  readonly budget: BudgetFacts;
  readonly is_warned: boolean;
}

const STOPS = {
  batch: (id: string) => ({ batchId: id }),
  task: (id: string) => ({ taskId: id }),
  attempt: (id: string) => ({ id }),
} as const;

export interface JudgedBudget extends BudgetOwner, BudgetVerdict {
  readonly isWarned: boolean;
}

/** All budgets that these attempts live by, as they stand. */
export async function judgedBudgets(dataSource: DataSource, attemptIds: readonly string[]): Promise<JudgedBudget[]> {
  if (attemptIds.length === 0) return [];
  const rows: Row[] = await dataSource.query(
    `WITH these AS (SELECT id, task_id, batch_id FROM attempts WHERE id = ANY($1))
     SELECT 'attempt' AS kind, id, budget, budget_warn_time IS NOT NULL AS is_warned FROM attempts
       WHERE budget IS NOT NULL AND id IN (SELECT id FROM these)
     UNION ALL SELECT 'task', id, budget, budget_warn_time IS NOT NULL FROM tasks
       WHERE budget IS NOT NULL AND id IN (SELECT task_id FROM these)
     UNION ALL SELECT 'batch', id, budget, budget_warn_time IS NOT NULL FROM batches
       WHERE budget IS NOT NULL AND id IN (SELECT batch_id FROM these)`,
    [attemptIds],
  );
  const judged: JudgedBudget[] = [];
  for (const { kind, id, budget, is_warned: isWarned } of rows) {
    const spent = await spentBy(dataSource.manager, { kind, id }, budget.cost?.currencyCode);
    judged.push({ kind, id, isWarned, ...judgeBudget(kind, budget, spent) });
  }
  return judged;
}

/**
 * Looks at all budgets that these attempts live by: tells once of one that is nearly used, and asks those to stop whose
 * budget is used up. Decides by what is stored, so it may be asked as often as anyone likes.
 * @returns ids of the resources that changed
 */
export async function enforceBudgets(dataSource: DataSource, attemptIds: readonly string[]): Promise<string[]> {
  const moved: string[] = [];
  for (const { kind, id, isWarned, isNearlyUsed, exhausted } of await judgedBudgets(dataSource, attemptIds)) {
    if (isNearlyUsed && !isWarned && (await warn(dataSource, { kind, id }))) moved.push(id);
    if (exhausted === undefined) continue;
    const cause = { reason: 'BUDGET_EXHAUSTED', message: exhausted } as const;
    moved.push(...(await requestStop(dataSource, STOPS[kind](id), cause)));
  }
  return moved;
}

/** Once: whoever comes second finds the time set. */
function warn(dataSource: DataSource, owner: BudgetOwner): Promise<boolean> {
  return dataSource.transaction((manager) =>
    changeBudget(manager, owner, 'budget.warned', ({ budget, budgetWarnTime }) =>
      budgetWarnTime === null ? { budget, budgetWarnTime: new Date() } : undefined,
    ),
  );
}
