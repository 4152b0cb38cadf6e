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
  await dataSource.manager.update(
    AttemptEntity,
    {
      ...which,
      endTime: IsNull(),
      stopRequested: IsNull(),
      state: Not(In(['COMPLETED', 'FAILED', 'TIMED_OUT', 'CANCELLED'])),
    },
    { stopRequested: 'CANCELLED', dispatchedAt: null },
  );
}
