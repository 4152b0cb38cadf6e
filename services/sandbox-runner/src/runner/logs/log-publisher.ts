import {
  jetstream,
  jetstreamManager,
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
} from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { STREAMS, SUBJECTS } from '@heddle/contracts';
import { LogBatch } from '@heddle/contracts/internal';

/** Where a subject's writing stands. */
export interface LogPosition {
  /** Stream sequence of the subject's last message, 0 if there is none. */
  readonly lastMessage: number;
  readonly batch: LogBatch | undefined;
}

export type PublishOutcome =
  | { readonly kind: 'STORED'; readonly lastMessage: number }
  /** Somebody else wrote, or this was written before and its answer was lost: look again. */
  | { readonly kind: 'MOVED' };

const WRONG_LAST_SEQUENCE = 10_071;
const WRONG_LAST_SEQUENCE_CONSTANT = 10_164;
const NO_MESSAGE = 10_037;
const TIMEOUT_MS = 5_000;

/** JetStream, as the one writer of a log subject sees it. */
export class LogPublisher {
  private readonly js: JetStreamClient;
  private manager: Promise<JetStreamManager> | undefined;

  constructor(nats: NatsConnection) {
    this.js = jetstream(nats, { timeout: TIMEOUT_MS });
    this.connect = () => jetstreamManager(nats, { checkAPI: false, timeout: TIMEOUT_MS });
  }

  private readonly connect: () => Promise<JetStreamManager>;

  /** @throws when JetStream is away */
  async position(ownerId: string): Promise<LogPosition> {
    this.manager ??= this.connect();
    const manager = await this.manager;
    try {
      const message = await manager.streams.getMessage(STREAMS.logs, { last_by_subj: SUBJECTS.log(ownerId) });
      if (message === null) return { lastMessage: 0, batch: undefined };
      return { lastMessage: message.seq, batch: LogBatch.decode(message.data) };
    } catch (error) {
      if (error instanceof JetStreamApiError && error.code === NO_MESSAGE) return { lastMessage: 0, batch: undefined };
      throw error;
    }
  }

  /** @throws when JetStream is away or full; then nobody knows whether it was stored */
  async publish(ownerId: string, batch: LogBatch, lastMessage: number): Promise<PublishOutcome> {
    try {
      const ack = await this.js.publish(SUBJECTS.log(ownerId), LogBatch.encode(batch).finish(), {
        expect: { streamName: STREAMS.logs, lastSubjectSequence: lastMessage },
        timeout: TIMEOUT_MS,
      });
      return { kind: 'STORED', lastMessage: ack.seq };
    } catch (error) {
      if (
        error instanceof JetStreamApiError &&
        (error.code === WRONG_LAST_SEQUENCE || error.code === WRONG_LAST_SEQUENCE_CONSTANT)
      )
        return { kind: 'MOVED' };
      throw error;
    }
  }
}
