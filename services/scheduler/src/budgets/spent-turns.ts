import { HeddleError } from '@heddle/domain';
import type { EntityManager } from 'typeorm';
import type { BudgetFacts } from './budget-facts.js';

interface Row {
  readonly kind: string;
  readonly id: string;
  readonly budget: BudgetFacts;
  readonly turns: number;
}

/** Of an attempt `a`, with those that wait. */
const LAST = 'greatest(a.turn, (SELECT max(w.turn) FROM turns AS w WHERE w.attempt_id = a.id))';

/**
 * Called where one more turn is asked for, under the locks of those who may ask at the same time.
 * @param of the attempt, where there is one already, with its task and batch
 * @throws HeddleError BUDGET_EXHAUSTED where one of their budgets has no turn left
 */
export async function refuseSpentTurns(
  manager: EntityManager,
  of: { readonly attemptId?: string; readonly taskId: string; readonly batchId: string },
): Promise<void> {
  const rows: Row[] = await manager.query(
    `SELECT 'attempt' AS kind, a.id, a.budget, ${LAST} AS turns FROM attempts AS a WHERE a.id = $1 AND a.budget ? 'turns'
     UNION ALL SELECT 'task', t.id, t.budget, (SELECT sum(${LAST})::int FROM attempts AS a WHERE a.task_id = t.id)
       FROM tasks AS t WHERE t.id = $2 AND t.budget ? 'turns'
     UNION ALL SELECT 'batch', b.id, b.budget, (SELECT sum(${LAST})::int FROM attempts AS a WHERE a.batch_id = b.id)
       FROM batches AS b WHERE b.id = $3 AND b.budget ? 'turns'`,
    [of.attemptId ?? null, of.taskId, of.batchId],
  );
  const spent = rows.find(({ budget, turns }) => turns >= (budget.turns ?? turns + 1));
  if (spent === undefined) return;
  const { kind, id, budget, turns } = spent;
  throw new HeddleError(
    'BUDGET_EXHAUSTED',
    `The budget of the ${kind} ${id} has no turn left: ${String(turns)} of ${String(budget.turns)}`,
    { metadata: { kind, id, turns: String(turns), limit: String(budget.turns) } },
  );
}
