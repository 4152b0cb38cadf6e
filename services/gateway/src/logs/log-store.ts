import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { STREAMS, SUBJECTS } from '@heddle/contracts';
import { LogBatch } from '@heddle/contracts/internal';

/** A message of a log's subject. */
export interface StoredBatch {
  /** Position in the stream. */
  readonly position: number;
  readonly batch: LogBatch;
}

/** Looks into the stream of log lines without reading it through. */
export class LogStore {
  private manager: Promise<JetStreamManager> | undefined;

  constructor(private readonly nc: NatsConnection) {}

  /** The newest message of an owner; undefined if there is none. */
  last(ownerId: string): Promise<StoredBatch | undefined> {
    return this.get({ last_by_subj: SUBJECTS.log(ownerId) });
  }

  /**
   * The position from which on a reader must read to get the lines after a sequence number.
   * Probes about log2(messages) of them.
   */
  async positionAfter(ownerId: string, sequence: number, last: StoredBatch): Promise<number> {
    const isBefore = (stored: StoredBatch): boolean => Number(stored.batch.first) <= sequence + 1;
    if (isBefore(last)) return last.position;
    const first = await this.next(ownerId, 1);
    if (first === undefined || !isBefore(first)) return first?.position ?? last.position;
    let low = first.position;
    // All of the owner's messages from here on begin after what is wanted.
    let high = last.position;
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      const found = await this.next(ownerId, middle);
      if (found !== undefined && found.position < high && isBefore(found)) low = found.position;
      else high = middle;
    }
    return low;
  }

  private next(ownerId: string, from: number): Promise<StoredBatch | undefined> {
    return this.get({ seq: from, next_by_subj: SUBJECTS.log(ownerId) });
  }

  private async get(
    query: { last_by_subj: string } | { seq: number; next_by_subj: string },
  ): Promise<StoredBatch | undefined> {
    this.manager ??= jetstreamManager(this.nc, { checkAPI: false });
    const message = await (await this.manager).streams.getMessage(STREAMS.logs, query);
    return message === null ? undefined : { position: message.seq, batch: LogBatch.decode(message.data) };
  }
}
