import type { PauseStep } from '@heddle/contracts/workflows';
import { isEndState } from '@heddle/domain';
import { appendEvents } from '@heddle/platform/outbox';
import type { DataSource } from 'typeorm';
import { attemptEvent, changeAttempt, lockAttempt } from './attempt-rows.js';

/** Writes that nothing of the attempt runs any more, or that it does again. A repeat changes nothing. */
export async function recordPause(dataSource: DataSource, { attemptId, paused }: PauseStep): Promise<boolean> {
  return dataSource.transaction(async (manager) => {
    const locked = await lockAttempt(manager, attemptId);
    if (locked === undefined || isEndState(locked.attempt.state)) return false;
    if (paused === (locked.attempt.pauseTime !== null)) return false;
    await changeAttempt(manager, locked.attempt, { pauseTime: paused ? new Date() : null });
    await appendEvents(manager, [attemptEvent(locked, paused ? 'attempt.paused' : 'attempt.resumed')]);
    return true;
  });
}
