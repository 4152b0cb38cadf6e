import type { AttemptStep } from '@heddle/contracts/workflows';
import { isEndState } from '@heddle/domain';
import type { EntityManager } from 'typeorm';
import type { AttemptEntity } from '../persistence/attempt.entity.js';
import { closeWaiting, firstWaiting } from './waiting-turns.js';

/**
 * Number of the turn that follows a step which would end the attempt, or have it wait with its plan: somebody sent a message meanwhile. The caller holds
 * the lock on the attempt's row. Where none may follow, those that wait are closed.
 */
export async function nextTurn(
  manager: EntityManager,
  { id: attemptId, turn }: AttemptEntity,
  step: AttemptStep,
): Promise<number | undefined> {
  if (!isEndState(step.state) && step.state !== 'WAITING_FOR_USER') return undefined;
  if (mayGoOn(step)) return (await firstWaiting(manager, attemptId, turn))?.turn;
  await closeWaiting(manager, attemptId);
  return undefined;
}

/** After the end of an agent, however it ended; not where somebody or a limit wanted the attempt to end, or no runner could be had. */
function mayGoOn({ state, statusDetail, turn }: AttemptStep): boolean {
  if (turn === undefined || statusDetail === 'BUDGET_EXHAUSTED') return false;
  return state === 'COMPLETED' || state === 'FAILED' || state === 'WAITING_FOR_USER';
}
