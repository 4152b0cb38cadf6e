import type { Duration } from '@heddle/contracts';
import { fieldInvalid } from '@heddle/domain';
import type { ChangeBell } from './change-bell.js';
import { durationMs } from './duration.js';

const MAX_WAIT_MS = 60_000;
const POLL_MS = 2_000;

/**
 * Reads a resource again and again until it has ended or the caller's patience has.
 * @param timeout at most 60 s; absent: 60 s
 */
export async function waitUntil<T>(
  bell: ChangeBell,
  id: string,
  timeout: Duration | undefined,
  read: () => Promise<T>,
  ended: (value: T) => boolean,
): Promise<T> {
  const deadline = Date.now() + waitMs(timeout);
  // Heard from before the first look: a move in the middle of a look is not in what it read.
  return bell.listening(id, async (rung) => {
    for (;;) {
      const value = await read();
      const left = deadline - Date.now();
      if (ended(value) || left <= 0) return value;
      await rung.wait(Math.min(left, POLL_MS));
    }
  });
}

function waitMs(timeout: Duration | undefined): number {
  if (timeout === undefined) return MAX_WAIT_MS;
  const milliseconds = durationMs(timeout);
  if (milliseconds < 0) throw fieldInvalid([{ field: 'timeout', description: 'must not be negative' }]);
  return Math.min(milliseconds, MAX_WAIT_MS);
}
