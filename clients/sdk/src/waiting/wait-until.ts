import { msToDuration } from '../json/duration.js';
import type { CallOptions } from '../http/transport.js';

export interface WaitOptions {
  readonly signal?: AbortSignal | undefined;
  /** Absent: as long as it takes. At its end the resource is returned as it is. */
  readonly timeoutMs?: number;
}

/** Short enough that a dead connection is noticed, long enough that waiting costs next to nothing. */
const ONE_WAIT_MS = 20_000;
const SLACK_MS = 15_000;
/** A server that restarts is waited for. */
const PATIENCE_MS = 60_000;

/**
 * Asks the server's `:wait` again and again until the resource is done or the time is up.
 * @param ask gets the `timeout` parameter of one call
 */
export async function waitUntil<T>(
  ask: (timeout: string, options: CallOptions) => Promise<T>,
  isDone: (resource: T) => boolean,
  options: WaitOptions = {},
): Promise<T> {
  const until = performance.now() + (options.timeoutMs ?? Number.POSITIVE_INFINITY);
  for (;;) {
    const waitMs = Math.max(0, Math.min(ONE_WAIT_MS, until - performance.now()));
    const resource = await ask(msToDuration(waitMs), {
      signal: options.signal,
      timeoutMs: waitMs + SLACK_MS + PATIENCE_MS,
      retryForMs: PATIENCE_MS,
    });
    if (isDone(resource) || performance.now() >= until) return resource;
  }
}
