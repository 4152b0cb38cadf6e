import type { Duration } from '@heddle/contracts';
import { fieldInvalid } from '@heddle/domain';
import type { ChangeBell } from './change-bell.js';

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
  for (;;) {
    const value = await read();
    const left = deadline - Date.now();
    if (ended(value) || left <= 0) return value;
    await bell.wait(id, Math.min(left, POLL_MS));
  }
}

function waitMs(timeout: Duration | undefined): number {
  if (timeout === undefined) return MAX_WAIT_MS;
  const milliseconds = durationMs(timeout);
  if (milliseconds < 0) throw fieldInvalid([{ field: 'timeout', description: 'must not be negative' }]);
  return Math.min(milliseconds, MAX_WAIT_MS);
}

export function durationMs(duration: Duration): number {
  return Number(duration.seconds) * 1_000 + Math.floor(duration.nanos / 1e6);
}

export function toDuration(milliseconds: number): Duration {
  const seconds = Math.floor(milliseconds / 1_000);
  return { seconds: String(seconds), nanos: Math.round((milliseconds - seconds * 1_000) * 1e6) };
}
