import { HeddleError, isEndState } from '@heddle/domain';
import type { DataSource } from 'typeorm';
import { AttemptEntity } from '../persistence/attempt.entity.js';

/**
 * Notes that an attempt is to pause, or to go on: a row first, then the dispatcher wakes its workflow, and the runner
 * says when it is so. What is asked already, or is so, stays as it is.
 */
export async function requestPause(dataSource: DataSource, id: string, paused: boolean): Promise<void> {
  await dataSource.transaction(async (manager) => {
    const attempt = await manager.findOneOrFail(AttemptEntity, { where: { id }, lock: { mode: 'pessimistic_write' } });
    const isEnding = isEndState(attempt.state) || attempt.stopRequested !== null;
    if (paused === attempt.pauseWanted && !isEnding) return;
    if (isEnding || (paused && attempt.state !== 'RUNNING')) throw notRunning(attempt);
    await manager.update(AttemptEntity, { id }, { pauseWanted: paused, dispatchedAt: null });
  });
}

function notRunning({ id, state, stopRequested }: AttemptEntity): HeddleError {
  const now = stopRequested === null ? state : `${state} and being stopped`;
  return new HeddleError(
    'ATTEMPT_NOT_RUNNING',
    `Attempt ${id} is ${now}; only a RUNNING one can be paused or resumed`,
    {
      metadata: { id, state, allowedStates: 'RUNNING' },
    },
  );
}
