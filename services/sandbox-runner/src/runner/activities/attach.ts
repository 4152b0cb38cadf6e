import { Context } from '@temporalio/activity';

const HEARTBEAT_MS = 10_000;

/**
 * Waits for work that goes on without this activity. A cancelled activity (worker shutdown, timeout, loss of its
 * workflow) lets go and touches nothing: the next execution attaches to the same work.
 */
export async function attach<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const context = Context.current();
  // None at once: most phases end before the first is due, and each is a write of the server's.
  const timer = setInterval(() => {
    context.heartbeat();
  }, HEARTBEAT_MS);
  try {
    return await Promise.race([work(context.cancellationSignal), context.cancelled]);
  } finally {
    clearInterval(timer);
  }
}
