import { SetupError } from '../servers/setup.error.js';

/** Rejects when the signal comes, and never ends otherwise. */
export function aborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    const give = (): void => {
      reject(new SetupError('START_ABORTED', 'The start was given up.'));
    };
    if (signal?.aborted) give();
    else signal?.addEventListener('abort', give, { once: true });
  });
}
