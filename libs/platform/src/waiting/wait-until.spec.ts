import { describe, expect, it, jest } from '@jest/globals';
import { ChangeBell } from './change-bell.js';
import { toDuration } from './duration.js';
import { waitUntil } from './wait-until.js';

describe('waitUntil', () => {
  it('looks again at once after a ring that came during a look', async () => {
    jest.useFakeTimers();
    try {
      const bell = new ChangeBell();
      let ended = false;
      const read = async (): Promise<boolean> => {
        const seen = ended;
        await Promise.resolve();
        ended = true;
        bell.ring('batch');
        return seen;
      };
      const value = waitUntil(bell, 'batch', toDuration(60_000), read, (now) => now);
      await jest.advanceTimersByTimeAsync(0);
      await expect(Promise.race([value, Promise.resolve('still waits')])).resolves.toBe(true);
    } finally {
      jest.useRealTimers();
    }
  });

  it('gives what it read last when the patience is at its end', async () => {
    const read = (): Promise<string> => Promise.resolve('RUNNING');
    await expect(waitUntil(new ChangeBell(), 'batch', toDuration(0), read, () => false)).resolves.toBe('RUNNING');
  });
});
