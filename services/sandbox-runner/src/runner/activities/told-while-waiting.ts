import type { Logger } from '@heddle/platform/logging';

const TELL_EVERY_MS = 30_000;

/**
 * Says in the log, every half minute, that this is still waited for: work without a limit of its own is no silence.
 * @param what goes into each line
 */
export async function toldWhileWaiting<T>(
  logger: Pick<Logger, 'warn'>,
  what: { readonly owner: string; readonly step: string },
  work: Promise<T>,
): Promise<T> {
  const since = performance.now();
  const telling = setInterval(() => {
    logger.warn({ ...what, waitedMs: Math.round(performance.now() - since) }, 'still waiting');
  }, TELL_EVERY_MS);
  try {
    return await work;
  } finally {
    clearInterval(telling);
  }
}
