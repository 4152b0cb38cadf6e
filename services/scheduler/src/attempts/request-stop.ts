import type { StopReasonWord } from '@heddle/contracts/workflows';
import { ATTEMPT_END_STATES, type AttemptState } from '@heddle/domain';
import { In, IsNull, Not, type DataSource } from 'typeorm';
import { AttemptEntity } from '../persistence/attempt.entity.js';

/** Why, and for people in words where the reason does not say it all. */
export interface StopCause {
  readonly reason: StopReasonWord;
  readonly message: string;
}

const CANCELLED: StopCause = { reason: 'CANCELLED', message: '' };

/** Budgets stop agents: where none runs, checks go on, and a plan waits; its next turn is stopped when it begins. */
const WITHOUT_AGENT: readonly AttemptState[] = ['CHECKING', 'WAITING_FOR_USER'];

/**
 * Notes that attempts are to stop: a row first, then the dispatcher wakes their workflows. Those that have ended, or
 * were asked before, stay as they are.
 * @param which one attempt, or all of a task or batch
 * @returns ids of those that were noted
 */
export async function requestStop(
  dataSource: DataSource,
  which: { readonly id: string } | { readonly taskId: string } | { readonly batchId: string },
  { reason, message }: StopCause = CANCELLED,
): Promise<readonly string[]> {
  return dataSource.transaction(async (manager) => {
    // In the order of ids, as everyone who changes many attempts: two that go different ways would wait for each other.
    const live = await manager.find(AttemptEntity, {
      where: {
        ...which,
        endTime: IsNull(),
        stopRequested: IsNull(),
        state: Not(In([...ATTEMPT_END_STATES, ...(reason === 'BUDGET_EXHAUSTED' ? WITHOUT_AGENT : [])])),
      },
      select: { id: true },
      order: { id: 'ASC' },
      lock: { mode: 'pessimistic_write' },
    });
    const ids = live.map(({ id }) => id);
    if (ids.length === 0) return ids;
    await manager.update(
      AttemptEntity,
      { id: In(ids) },
      { stopRequested: reason, stopMessage: message, dispatchedAt: null },
    );
    return ids;
  });
}
