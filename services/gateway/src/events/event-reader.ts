import { jetstreamManager, type JsMsg } from '@nats-io/jetstream';
import { STREAMS, SUBJECTS, type StreamEventsRequest } from '@heddle/contracts';
import { streamEpoch } from '@heddle/platform/messaging';
import type { Logger } from '@heddle/platform/logging';
import type { MessageSource } from '../streams/message-source.js';
import { formatCursor, parseCursor } from './event-cursor.js';
import { eventFilter, type EventFilter, type EventJson } from './event-filter.js';

/** An event as CloudEvents JSON, with its cursor. */
export type DeliveredEvent = EventJson & { readonly cursor: string };

/** Reads events from JetStream: from a cursor on, or from now on. In order per subject, at least once. */
export class EventReader {
  constructor(
    private readonly source: MessageSource,
    private readonly logger: Logger,
  ) {}

  /** @throws HeddleError CURSOR_EXPIRED, FIELD_INVALID */
  async open(request: StreamEventsRequest, signal: AbortSignal): Promise<AsyncIterable<DeliveredEvent>> {
    const filter = eventFilter(request);
    const jsm = await jetstreamManager(this.source.nc, { checkAPI: false });
    const info = await jsm.streams.info(STREAMS.events);
    const stream = { epoch: streamEpoch(info), first: info.state.first_seq, last: info.state.last_seq };
    const after = request.afterCursor === '' ? stream.last : parseCursor(request.afterCursor, stream).sequence;
    return this.read(filter, stream.epoch, after + 1, signal);
  }

  private async *read(
    filter: EventFilter,
    epoch: string,
    startSequence: number,
    signal: AbortSignal,
  ): AsyncGenerator<DeliveredEvent, void> {
    const done = new AbortController();
    const position = { stream: STREAMS.events, subjects: [SUBJECTS.events], startSequence };
    try {
      for await (const message of this.source.messages(position, AbortSignal.any([signal, done.signal]))) {
        const event = this.parse(message);
        if (event !== undefined && filter.matches(event))
          yield { ...event, cursor: formatCursor({ epoch, sequence: message.seq }) };
      }
    } finally {
      done.abort();
    }
  }

  private parse(message: JsMsg): EventJson | undefined {
    try {
      return message.json<EventJson>();
    } catch (error) {
      // One unreadable message must not end every reader; who wrote it is to be found by this line.
      this.logger.error(
        { err: error, subject: message.subject, sequence: message.seq },
        'an event is no JSON; it is passed over',
      );
      return undefined;
    }
  }
}
