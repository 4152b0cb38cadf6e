import { appendEvents } from '@heddle/platform/outbox';
import type { DataSource } from 'typeorm';
import { attemptEvent, changeAttempt, lockAttempt } from './attempt-rows.js';

/** Writes until when the runner keeps the sandbox's files. A repeat changes nothing. */
export async function recordKept(dataSource: DataSource, attemptId: string, until: Date): Promise<void> {
  await dataSource.transaction(async (manager) => {
    const locked = await lockAttempt(manager, attemptId);
    if (locked === undefined || locked.attempt.keepUntilTime?.getTime() === until.getTime()) return;
    await changeAttempt(manager, locked.attempt, { keepUntilTime: until });
    await appendEvents(manager, [attemptEvent(locked, 'attempt.sandbox_kept')]);
  });
}
