import { HeddleApiError } from '../errors/heddle-api.error.js';
import { HeddleConnectionError } from '../errors/heddle-connection.error.js';
import { delay } from './delay.js';

export interface RetryOptions {
  /** A repeat of the call cannot do harm: it only reads, or its requestId makes the server give the first answer again. */
  readonly safe: boolean;
  /** How long to go on trying, in milliseconds from the first try. */
  readonly forMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly random?: () => number;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

/** Repeats the call while it fails in a way that passes by itself; at last throws what the last try threw. */
export async function withRetry<T>(options: RetryOptions, call: () => Promise<T>): Promise<T> {
  const until = performance.now() + options.forMs;
  for (let tries = 1; ; tries += 1) {
    try {
      return await call();
    } catch (error) {
      const pause = pauseBeforeRetry(error, tries, options);
      if (pause === undefined || performance.now() + pause > until) throw error;
      await delay(pause, options.signal);
    }
  }
}

/** Milliseconds until the next try; undefined: a repeat would be wrong or useless. */
export function pauseBeforeRetry(
  error: unknown,
  tries: number,
  { safe, random = Math.random }: Pick<RetryOptions, 'safe' | 'random'>,
): number | undefined {
  if (!isPassing(error, safe)) return undefined;
  const backoff = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(tries - 1, 10)) * (0.5 + random() / 2);
  const asked = HeddleApiError.is(error) ? (error.retryAfter ?? 0) * 1000 : 0;
  return Math.max(asked, backoff);
}

function isPassing(error: unknown, safe: boolean): boolean {
  if (HeddleConnectionError.is(error)) {
    return error.failure === 'UNREACHABLE' || (safe && error.failure === 'INTERRUPTED');
  }
  if (!HeddleApiError.is(error) || !safe) return false;
  // 502, 503, 504 without our body: something in front of a gateway that is away.
  return error.retryAfter !== undefined || ['HTTP_502', 'HTTP_503', 'HTTP_504'].includes(error.reason);
}
