import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { HeddleError } from '@heddle/domain';

const PATIENCE_MS = 30_000;

/**
 * Writes and waits while the reader is behind. It never buffers more than one piece beyond the socket's own mark.
 * @throws HeddleError SLOW_READER if the reader took nothing for 30 s; the signal's reason if it fires meanwhile
 */
export async function writeAtReadersPace(
  out: Writable,
  piece: Buffer | string,
  signal: AbortSignal,
  patienceMs = PATIENCE_MS,
): Promise<void> {
  if (out.write(piece)) return;
  const tooLong = AbortSignal.timeout(patienceMs);
  try {
    await once(out, 'drain', { signal: AbortSignal.any([signal, tooLong]) });
  } catch (error) {
    signal.throwIfAborted();
    if (tooLong.aborted)
      throw new HeddleError(
        'SLOW_READER',
        `The reader took nothing for ${patienceMs / 1000} s; resume from the last cursor`,
      );
    throw error;
  }
}
