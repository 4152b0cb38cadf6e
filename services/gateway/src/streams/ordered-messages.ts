import { DeliverPolicy, jetstreamManager, type Consumer, type ConsumerMessages, type JsMsg } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Logger } from '@heddle/platform/logging';

export interface Position {
  readonly stream: string;
  readonly subjects: readonly string[];
  /** Position in the stream from which on messages are read. */
  readonly startSequence: number;
}

const AHEAD = 64;
const RETRY_MS = 500;
const KEEP_MS = 60_000;

/**
 * Every message from a position on, in order, each once, as fast as they are pulled, until the signal fires; an outage of the
 * server is bridged. Costs the server one small consumer in memory, which is removed at the end.
 */
export async function* orderedMessages(
  nc: NatsConnection,
  position: Position,
  signal: AbortSignal,
  logger: Logger,
): AsyncGenerator<JsMsg, void> {
  let next = position.startSequence;
  // A function: it may change at every await.
  const ended = (): boolean => signal.aborted;
  while (!ended()) {
    let open: { consumer: Consumer; messages: ConsumerMessages } | undefined;
    const stop = (): void => open?.messages.stop();
    signal.addEventListener('abort', stop, { once: true });
    try {
      open = await openConsumer(nc, { ...position, startSequence: next });
      if (ended()) return;
      for await (const message of open.messages) {
        next = message.seq + 1;
        yield message;
      }
    } catch (error) {
      if (ended()) return;
      logger.debug({ err: error, subjects: position.subjects }, 'a reader was interrupted; it goes on');
    } finally {
      signal.removeEventListener('abort', stop);
      stop();
      // Without this the server would drop it by itself, a minute later.
      void open?.consumer
        .delete()
        .catch((error: unknown) => logger.debug({ err: error }, 'a reader could not be removed'));
    }
    if (!ended()) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

async function openConsumer(
  nc: NatsConnection,
  position: Position,
): Promise<{ consumer: Consumer; messages: ConsumerMessages }> {
  const jsm = await jetstreamManager(nc, { checkAPI: false });
  const consumer = await jsm.jetstream().consumers.get(position.stream, {
    filter_subjects: [...position.subjects],
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: Math.max(1, position.startSequence),
    inactive_threshold: KEEP_MS,
  });
  return { consumer, messages: await consumer.consume({ max_messages: AHEAD, abort_on_missing_resource: false }) };
}
