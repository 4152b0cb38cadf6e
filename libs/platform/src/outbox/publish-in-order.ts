import type { JetStreamClient } from '@nats-io/jetstream';
import { SUBJECTS } from '@heddle/contracts';
import type { OutboxRow, Receipt } from './outbox-store.js';

const PUBLISH_TIMEOUT_MS = 5_000;

/**
 * Publishes the events of different aggregates side by side, those of one aggregate one after the other.
 * After a failure the rest of that aggregate waits; what was acknowledged is returned whatever happened.
 */
export async function publishInOrder(
  stream: JetStreamClient,
  rows: readonly OutboxRow[],
): Promise<{ receipts: Receipt[]; failure: unknown }> {
  const receipts: Receipt[] = [];
  let failure: unknown;
  const publishAll = async (group: readonly OutboxRow[]): Promise<void> => {
    for (const row of group) {
      try {
        const ack = await stream.publish(SUBJECTS.event(row.aggregate, row.aggregateId), row.payload, {
          msgID: row.eventId,
          timeout: PUBLISH_TIMEOUT_MS,
        });
        receipts.push({ sequence: row.sequence, streamSequence: ack.seq });
      } catch (error) {
        failure ??= error;
        return;
      }
    }
  };
  await Promise.all([...byAggregate(rows).values()].map(publishAll));
  return { receipts, failure };
}

function byAggregate(rows: readonly OutboxRow[]): Map<string, OutboxRow[]> {
  const groups = new Map<string, OutboxRow[]>();
  for (const row of rows) {
    const key = `${row.aggregate}/${row.aggregateId}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return groups;
}
