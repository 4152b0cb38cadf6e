import { setTimeout as delay } from 'node:timers/promises';

/** How long a test waits before it says that something will never happen. Not a promise of speed. */
export const PATIENCE_MS = 180_000;

const LOOK_EVERY_MS = 50;

/**
 * Looks until `look` gives something other than undefined. Only for facts that nobody announces, such as the end of a
 * process of another program; what the platform announces is waited for by its own doors.
 * @throws Error with `what` after `patienceMs`
 */
export async function eventually<T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
  patienceMs = PATIENCE_MS,
): Promise<T> {
  const end = performance.now() + patienceMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (performance.now() > end) throw new Error(`Waited ${String(patienceMs / 1000)} s in vain: ${what}`);
    await delay(LOOK_EVERY_MS);
  }
}

/** Fails instead of waiting for ever. */
export async function within<T>(what: string, work: Promise<T>, patienceMs = PATIENCE_MS): Promise<T> {
  const over = new AbortController();
  const late = delay(patienceMs, undefined, { signal: over.signal }).then(() => {
    throw new Error(`Waited ${String(patienceMs / 1000)} s in vain: ${what}`);
  });
  // Aborted once the work is done: nobody waits for it then.
  late.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    over.abort();
  }
}
