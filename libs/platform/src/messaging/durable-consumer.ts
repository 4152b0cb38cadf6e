import { AckPolicy, DeliverPolicy, jetstreamManager, type ConsumerMessages, type JsMsg } from '@nats-io/jetstream';
import { nanos, type NatsConnection } from '@nats-io/transport-node';
import { Counter, register } from 'prom-client';
import { unavailableReason } from '../errors/unavailable.js';
import type { Logger } from '../logging/create-logger.js';
import { handleMessage, type ConsumedMessage } from './handle-message.js';
import { parkMessage } from './park-message.js';

export interface DurableConsumerSettings {
  readonly nc: NatsConnection;
  readonly stream: string;
  /** Names the consumer's place in the stream over all restarts. */
  readonly durable: string;
  /** Subjects to hear. */
  readonly filter: string | readonly string[];
  /** Called one message of a subject at a time, for several subjects side by side. It must be idempotent. To throw gives the message back for a growing while. */
  readonly handle: (message: ConsumedMessage) => Promise<void>;
  readonly logger: Logger;
  /** Deliveries before the message is parked in HEDDLE_DEAD; 20 if absent. Waiting for an absent server does not count. */
  readonly maxDeliveries?: number;
}

const ACK_WAIT_MS = 30_000;
const RETRY_MS = 1_000;
/** More would take the connections that requests need. */
const PARALLEL = 4;

/** A durable pull consumer with explicit acknowledgement, growing delays and a place for dead letters. */
export class DurableConsumer {
  private readonly parked = parkedCounter();
  private messages: ConsumerMessages | undefined;
  private stopping = false;
  private running: Promise<void> | undefined;

  constructor(private readonly settings: DurableConsumerSettings) {}

  start(): void {
    this.running ??= this.run();
  }

  /** Ends after the messages in hand. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.messages?.stop();
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.isStopping()) {
      try {
        this.messages = await this.open();
        // A stop that came while it opened found nothing to stop.
        if (this.isStopping()) this.messages.stop();
        await this.takeAll(this.messages);
      } catch (error) {
        if (this.isStopping()) return;
        this.settings.logger.warn(
          { err: error, consumer: this.settings.durable },
          'the consumer was interrupted; it tries again',
        );
      }
      if (!this.isStopping()) await pause(RETRY_MS);
    }
  }

  /** A method: it may change at every await. */
  private isStopping(): boolean {
    return this.stopping;
  }

  private async open(): Promise<ConsumerMessages> {
    const { nc, stream, durable, filter } = this.settings;
    const jsm = await jetstreamManager(nc, { checkAPI: false });
    await jsm.consumers.add(stream, {
      durable_name: durable,
      filter_subjects: typeof filter === 'string' ? [filter] : [...filter],
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(ACK_WAIT_MS),
      deliver_policy: DeliverPolicy.All,
      // The consumer counts by itself: a limit of the server's would make a message vanish without a word.
      max_deliver: -1,
      max_ack_pending: 256,
    });
    const consumer = await jsm.jetstream().consumers.get(stream, durable);
    return consumer.consume({ max_messages: 64, abort_on_missing_resource: true });
  }

  /** Those of one subject one after the other, of several subjects side by side: most of a message's time is waiting. */
  private async takeAll(messages: ConsumerMessages): Promise<void> {
    const lanes = new Map<string, Promise<void>>();
    try {
      for await (const message of messages) {
        if (this.isStopping()) break;
        const { subject } = message;
        const lane = (lanes.get(subject) ?? Promise.resolve())
          .then(() => (this.isStopping() ? undefined : this.take(message)))
          .catch((error: unknown) => messages.stop(error as Error))
          .finally(() => {
            if (lanes.get(subject) === lane) lanes.delete(subject);
          });
        lanes.set(subject, lane);
        if (lanes.size >= PARALLEL) await Promise.race(lanes.values());
      }
    } finally {
      await Promise.all(lanes.values());
    }
  }

  private async take(message: JsMsg): Promise<void> {
    const { durable, logger, nc, maxDeliveries = 20 } = this.settings;
    const fields = {
      consumer: durable,
      subject: message.subject,
      sequence: message.seq,
      delivery: message.info.deliveryCount,
    };
    try {
      if (message.info.deliveryCount > maxDeliveries) {
        await parkMessage(nc, durable, message);
        this.parked.inc({ consumer: durable });
        logger.error(fields, 'a message was parked as a dead letter');
      } else {
        await this.handleThroughOutages(message);
      }
      await message.ackAck();
    } catch (error) {
      if (error instanceof Stopped) return;
      const delayMs = Math.min(30_000, 250 * 2 ** Math.min(message.info.deliveryCount, 8));
      logger.warn({ ...fields, err: error, delayMs }, 'a message could not be handled; it comes again');
      message.nak(delayMs);
    }
  }

  /** An absent server is not the message's fault: it is held and tried again without being counted. */
  private async handleThroughOutages(message: JsMsg): Promise<void> {
    for (;;) {
      try {
        await handleMessage(message, this.settings.handle, ACK_WAIT_MS / 3);
        return;
      } catch (error) {
        if (unavailableReason(error) === undefined) throw error;
        this.settings.logger.warn(
          { err: error, consumer: this.settings.durable },
          'a server that the consumer needs is away; it waits',
        );
      }
      await pause(RETRY_MS);
      if (this.stopping) throw new Stopped();
      message.working();
    }
  }
}

class Stopped extends Error {}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function parkedCounter(): Counter<'consumer'> {
  const name = 'heddle_dead_letters_total';
  const known = register.getSingleMetric(name);
  return known instanceof Counter
    ? known
    : new Counter({ name, help: 'Messages parked because they could not be handled', labelNames: ['consumer'] });
}
