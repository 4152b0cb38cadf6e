import { HeddleError } from '@heddle/domain';
import type { EntityManager } from 'typeorm';
import { judgedBudgetsOf } from './judged-budgets.js';
import { refuseSpentTurns } from './spent-turns.js';

/**
 * Called where more work is asked for, under the locks of those who may ask at the same time: what would be stopped before it
 * begins is refused to whoever asks.
 * @param of the attempt, where there is one already, with its task and batch
 * @throws HeddleError BUDGET_EXHAUSTED where one of their budgets is used up, or has no turn left
 */
export async function refuseSpentBudgets(
  manager: EntityManager,
  of: { readonly attemptId?: string; readonly taskId: string; readonly batchId: string },
): Promise<void> {
  await refuseSpentTurns(manager, of);
  const attempts = of.attemptId === undefined ? [] : [of.attemptId];
  const budgets = await judgedBudgetsOf(manager, { attempts, tasks: [of.taskId], batches: [of.batchId] });
  for (const { kind, id, exhausted } of budgets)
    if (exhausted !== undefined) throw new HeddleError('BUDGET_EXHAUSTED', exhausted, { metadata: { kind, id } });
}
