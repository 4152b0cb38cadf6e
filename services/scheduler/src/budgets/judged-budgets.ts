import type { EntityManager } from 'typeorm';
import type { BudgetFacts } from './budget-facts.js';
import { judgeBudget, type BudgetVerdict } from './judge-budget.js';
import { spentBy, type BudgetOwner } from './spending.js';

interface Row extends BudgetOwner {
  readonly budget: BudgetFacts;
  readonly is_warned: boolean;
}

export interface JudgedBudget extends BudgetOwner, BudgetVerdict {
  readonly isWarned: boolean;
}

const COLUMNS = 'id, budget, budget_warn_time IS NOT NULL AS is_warned';

/** All budgets that these attempts live by, as they stand. */
export async function judgedBudgets(manager: EntityManager, attemptIds: readonly string[]): Promise<JudgedBudget[]> {
  if (attemptIds.length === 0) return [];
  const rows: { id: string; task_id: string; batch_id: string }[] = await manager.query(
    'SELECT id, task_id, batch_id FROM attempts WHERE id = ANY($1)',
    [attemptIds],
  );
  return judgedBudgetsOf(manager, {
    attempts: rows.map(({ id }) => id),
    tasks: rows.map((row) => row.task_id),
    batches: rows.map((row) => row.batch_id),
  });
}

/** The budgets of these themselves, as they stand. */
export async function judgedBudgetsOf(
  manager: EntityManager,
  of: { readonly attempts: readonly string[]; readonly tasks: readonly string[]; readonly batches: readonly string[] },
): Promise<JudgedBudget[]> {
  const rows: Row[] = await manager.query(
    `SELECT 'attempt' AS kind, ${COLUMNS} FROM attempts WHERE budget IS NOT NULL AND id = ANY($1)
     UNION ALL SELECT 'task', ${COLUMNS} FROM tasks WHERE budget IS NOT NULL AND id = ANY($2)
     UNION ALL SELECT 'batch', ${COLUMNS} FROM batches WHERE budget IS NOT NULL AND id = ANY($3)`,
    [of.attempts, of.tasks, of.batches],
  );
  const judged: JudgedBudget[] = [];
  for (const { kind, id, budget, is_warned: isWarned } of rows) {
    const spent = await spentBy(manager, { kind, id }, budget.cost?.currencyCode);
    judged.push({ kind, id, isWarned, ...judgeBudget(kind, budget, spent) });
  }
  return judged;
}
