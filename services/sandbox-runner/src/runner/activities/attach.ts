import { Context } from '@temporalio/activity';
import { heartbeating } from '@heddle/platform/temporal';

const HEARTBEAT_MS = 10_000;

/**
 * Waits for work that goes on without this activity. A cancelled activity (worker shutdown, timeout, loss of its
 * workflow) lets go and touches nothing: the next execution attaches to the same work.
 */
export async function attach<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const context = Context.current();
  return heartbeating(HEARTBEAT_MS, () => Promise.race([work(context.cancellationSignal), context.cancelled]));
}
