import { In, IsNull, Not, type DataSource } from 'typeorm';
import { AttemptEntity } from '../persistence/attempt.entity.js';

/**
 * Notes that attempts are to stop: a row first, then the dispatcher wakes their workflows. Those that have ended, or
 * were asked before, stay as they are.
 * @param which one attempt, or all of a task or batch
 */
export async function requestStop(
  dataSource: DataSource,
  which: { readonly id: string } | { readonly taskId: string } | { readonly batchId: string },
): Promise<void> {
  await dataSource.transaction(async (manager) => {
    // In the order of ids, as everyone who changes many attempts: two that go different ways would wait for each other.
    const live = await manager.find(AttemptEntity, {
      where: {
        ...which,
        endTime: IsNull(),
        stopRequested: IsNull(),
        state: Not(In(['COMPLETED', 'FAILED', 'TIMED_OUT', 'CANCELLED'])),
      },
      select: { id: true },
      order: { id: 'ASC' },
      lock: { mode: 'pessimistic_write' },
    });
    if (live.length === 0) return;
    await manager.update(
      AttemptEntity,
      { id: In(live.map((attempt) => attempt.id)) },
      { stopRequested: 'CANCELLED', dispatchedAt: null },
    );
  });
}
