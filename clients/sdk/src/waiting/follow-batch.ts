import type { Batch } from '../models.js';
import type { Batches } from '../resources/batches.js';
import type { Events } from '../resources/events.js';
import { delay } from '../http/delay.js';
import { linkSignal } from '../http/linked-signal.js';
import { isBatchEnded } from './ended.js';
import { LatestSignal } from './latest-signal.js';

export interface FollowOptions {
  readonly signal?: AbortSignal | undefined;
  /** Snapshots come no faster than this, in milliseconds. @defaultValue 150 */
  readonly everyMs?: number;
  /** Even without any event the batch is looked at this often, in milliseconds. @defaultValue 3000 */
  readonly lookAgainMs?: number;
}

const PATIENCE_MS = 60_000;

/**
 * The batch as it is now and after every change, until it has ended (the last snapshot shows the end). Events are only
 * hints to look again, so a missed or repeated one does no harm.
 */
export async function* followBatch(
  resources: { readonly batches: Batches; readonly events: Events },
  batchId: string,
  options: FollowOptions = {},
): AsyncGenerator<Batch, void, undefined> {
  const bell = new LatestSignal();
  const ending = linkSignal(options.signal);
  const { signal } = ending;
  const listening = ringForEvents(resources.events, batchId, bell, signal);
  let seen = '';
  try {
    for (;;) {
      const batch = await resources.batches.getById(batchId, {
        signal,
        timeoutMs: PATIENCE_MS,
        retryForMs: PATIENCE_MS,
      });
      const now = JSON.stringify(batch);
      if (now !== seen) yield batch;
      seen = now;
      if (isBatchEnded(batch)) return;
      await delay(options.everyMs ?? 150, signal);
      await bell.wait(options.lookAgainMs ?? 3_000);
      signal.throwIfAborted();
    }
  } finally {
    ending.release();
    ending.abort();
    await listening;
  }
}

/** Never rejects: a stream that fails for good is told to whoever waits for the bell. */
async function ringForEvents(events: Events, batchId: string, bell: LatestSignal, signal: AbortSignal): Promise<void> {
  const onAbort = (): void => bell.ring();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const stream = events.stream({ batchId }, { signal, onOpen: () => bell.ring() });
    for await (const _event of stream) bell.ring();
  } catch (error) {
    if (!signal.aborted) bell.fail(error);
  }
}
