import { setTimeout as delay } from 'node:timers/promises';
import { HeddleError } from '@heddle/domain';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/**
 * Repeats a call to another service for as long as that service is away: what is here waits, it does not fail.
 * Ends with the signal's reason when aborted; every other error is the caller's.
 */
export async function whileUnavailable<T>(signal: AbortSignal | undefined, call: () => Promise<T>): Promise<T> {
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    signal?.throwIfAborted();
    try {
      return await call();
    } catch (error) {
      if (!isUnavailable(error)) throw error;
    }
    await delay(pause, undefined, signal === undefined ? {} : { signal });
  }
}

function isUnavailable(error: unknown): boolean {
  if (!HeddleError.is(error)) return false;
  return [
    'SERVICE_UNAVAILABLE',
    'DATABASE_UNAVAILABLE',
    'STREAM_UNAVAILABLE',
    'WORKFLOWS_UNAVAILABLE',
    'SHUTTING_DOWN',
    'DEADLINE_EXCEEDED',
  ].includes(error.reason);
}
