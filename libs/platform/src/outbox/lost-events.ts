import type { JetStreamManager } from '@nats-io/jetstream';
import { STREAMS } from '@heddle/contracts';
import type { OutboxStore, SentRow } from './outbox-store.js';

const PAGE = 50;

/**
 * Compares the newest sent events with the stream and marks what the stream lost as unsent. JetStream may lose its
 * newest messages with the power, or all of them with its store; older ones can't be missing where newer ones are present.
 * @returns how many events are to be sent again
 */
export async function unsendLostEvents(
  store: OutboxStore,
  jsm: JetStreamManager,
  streamEpoch: string,
): Promise<number> {
  let lost = await store.unsendOtherEpochs(streamEpoch);
  let before: number | undefined;
  for (;;) {
    const page = await store.sent(before, PAGE, streamEpoch);
    const { state } = await jsm.streams.info(STREAMS.events);
    const missing: SentRow[] = [];
    for (const row of page) {
      // Older than what the stream keeps: gone by age, not lost.
      if (row.streamSequence >= state.first_seq && !(await isInStream(jsm, row))) missing.push(row);
    }
    if (missing.length > 0) await store.unsend(missing.map((row) => row.sequence));
    lost += missing.length;
    before = page.at(-1)?.streamSequence;
    if (page.length < PAGE || missing.length === 0) return lost;
  }
}

async function isInStream(jsm: JetStreamManager, row: SentRow): Promise<boolean> {
  const message = await jsm.streams.getMessage(STREAMS.events, { seq: row.streamSequence });
  return message?.header.get('Nats-Msg-Id') === row.eventId;
}
