import { connectivityState, type Client, type ClientOptions } from '@grpc/grpc-js';
import { MAX_MESSAGE_BYTES } from '../limits.js';

/** The longest pause between two tries to connect. */
const MAX_BACKOFF_MS = 2_000;
/** The pause with its jitter of a fifth, and a moment to connect. */
const RECONNECT_WITHIN_MS = 1.5 * MAX_BACKOFF_MS;

/** How a channel from one service to another is made. */
export const CHANNEL_OPTIONS: Partial<ClientOptions> = {
  'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
  'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': MAX_BACKOFF_MS,
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 10_000,
};

/**
 * Resolves when a call may begin: at once where there is a connection. Else it is waited for, and where the last try failed
 * the next one too, as a call would fail until that was made, though its server serves by now. A channel that was never used
 * shares its connection, and its failed try, with all others to the same address. Never rejects: the call says what is wrong.
 */
export async function connected(client: Client, signal?: AbortSignal, deadline = Infinity): Promise<void> {
  if (client.getChannel().getConnectivityState(false) === connectivityState.READY) return;
  if (signal?.aborted === true) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      signal?.removeEventListener('abort', done);
      resolve();
    };
    signal?.addEventListener('abort', done, { once: true });
    client.waitForReady(Math.min(deadline, Date.now() + RECONNECT_WITHIN_MS), done);
  });
}
