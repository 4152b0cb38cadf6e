import { In, IsNull, Not, type DataSource } from 'typeorm';
import { AttemptEntity } from '../persistence/attempt.entity.js';

/**
 * Notes that the attempts are to stop: a row first, then the dispatcher wakes their workflows. Those that have ended,
 * or were asked before, stay as they are.
 */
export async function requestStop(dataSource: DataSource, attemptIds: readonly string[]): Promise<void> {
  if (attemptIds.length === 0) return;
  await dataSource.manager.update(
    AttemptEntity,
    {
      id: In([...attemptIds]),
      endTime: IsNull(),
      stopRequested: IsNull(),
      state: Not(In(['COMPLETED', 'FAILED', 'TIMED_OUT', 'CANCELLED'])),
    },
    { stopRequested: 'CANCELLED', dispatchedAt: null },
  );
}
