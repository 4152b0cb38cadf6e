import type { DataSource } from 'typeorm';
import { requestStop } from '../attempts/request-stop.js';
import { changeBudget } from './budget-owner-rows.js';
import { judgedBudgets } from './judged-budgets.js';
import type { BudgetOwner } from './spending.js';

const STOPS = {
  batch: (id: string) => ({ batchId: id }),
  task: (id: string) => ({ taskId: id }),
  attempt: (id: string) => ({ id }),
} as const;

/**
 * Looks at all budgets that these attempts live by: tells once of one that is nearly used, and asks those to stop whose
 * budget is used up. Decides by what is stored, so it may be asked as often as anyone likes.
 * @returns ids of the resources that changed
 */
export async function enforceBudgets(dataSource: DataSource, attemptIds: readonly string[]): Promise<string[]> {
  const moved: string[] = [];
  for (const { kind, id, isWarned, isNearlyUsed, exhausted } of await judgedBudgets(dataSource.manager, attemptIds)) {
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
