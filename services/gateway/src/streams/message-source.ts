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
/** How long a reader that is silent believes that the server still knows it. */
const PULL_MS = 10_000;

interface OpenConsumer {
  readonly consumer: Consumer;
  readonly messages: ConsumerMessages;
}

/** Reads streams of JetStream for many readers at once, each at its own pace. */
export class MessageSource {
  private readonly open = new Set<OpenConsumer>();

  constructor(
    readonly nc: NatsConnection,
    private readonly logger: Logger,
  ) {
    void this.reopenAfterReconnects();
  }

  /**
   * Every message from a position on, in order, each once, as fast as they are pulled, until the signal fires; an outage of the
   * server is bridged. Costs the server one small consumer in memory, which is removed at the end.
   */
  async *messages(position: Position, signal: AbortSignal): AsyncGenerator<JsMsg, void> {
    let next = position.startSequence;
    // A function: it may change at every await.
    const ended = (): boolean => signal.aborted;
    while (!ended()) {
      let opened: OpenConsumer | undefined;
      const stop = (): void => opened?.messages.stop();
      signal.addEventListener('abort', stop, { once: true });
      try {
        opened = await openConsumer(this.nc, { ...position, startSequence: next });
        this.open.add(opened);
        if (ended()) return;
        for await (const message of opened.messages) {
          next = message.seq + 1;
          yield message;
        }
      } catch (error) {
        if (ended()) return;
        this.logger.debug({ err: error, subjects: position.subjects }, 'a reader was interrupted; it goes on');
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      } finally {
        signal.removeEventListener('abort', stop);
        stop();
        if (opened !== undefined) this.forget(opened);
      }
    }
  }

  private forget(opened: OpenConsumer): void {
    this.open.delete(opened);
    // Without this the server would drop it by itself, a minute later.
    opened.consumer
      .delete()
      .catch((error: unknown) => this.logger.debug({ err: error }, 'a reader could not be removed'));
  }

  /** Consumers in memory die with the server; without a word their readers would find out only by its silence. */
  private async reopenAfterReconnects(): Promise<void> {
    for await (const status of this.nc.status()) {
      if (status.type === 'reconnect') for (const { messages } of this.open) messages.stop();
    }
  }
}

async function openConsumer(nc: NatsConnection, position: Position): Promise<OpenConsumer> {
  const jsm = await jetstreamManager(nc, { checkAPI: false });
  const consumer = await jsm.jetstream().consumers.get(position.stream, {
    filter_subjects: [...position.subjects],
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: Math.max(1, position.startSequence),
    inactive_threshold: KEEP_MS,
  });
  const messages = await consumer.consume({ max_messages: AHEAD, expires: PULL_MS, abort_on_missing_resource: false });
  return { consumer, messages };
}
