import { JetStreamApiError, type JetStreamClient } from '@nats-io/jetstream';
import { errors } from '@nats-io/transport-node';
import { SUBJECTS } from '@heddle/contracts';
import { aggregateKey, type OutboxRow, type Receipt } from './outbox-store.js';

const PUBLISH_TIMEOUT_MS = 5_000;
const MESSAGE_EXCEEDS_MAXIMUM = 10054;

/**
 * Publishes the events of different aggregates side by side, those of one aggregate one after the other.
 * After a failure the rest of that aggregate waits; what was acknowledged is returned whatever happened.
 * @returns `failures` by `aggregateKey`
 */
export async function publishInOrder(
  stream: JetStreamClient,
  rows: readonly OutboxRow[],
): Promise<{ receipts: Receipt[]; failures: Map<string, unknown> }> {
  const receipts: Receipt[] = [];
  const failures = new Map<string, unknown>();
  const publishAll = async (key: string, group: readonly OutboxRow[]): Promise<void> => {
    for (const row of group) {
      try {
        const ack = await stream.publish(SUBJECTS.event(row.aggregate, row.aggregateId), row.payload, {
          msgID: row.eventId,
          timeout: PUBLISH_TIMEOUT_MS,
        });
        receipts.push({ sequence: row.sequence, streamSequence: ack.seq });
      } catch (error) {
        failures.set(key, error);
        return;
      }
    }
  };
  await Promise.all([...byAggregate(rows)].map(([key, group]) => publishAll(key, group)));
  return { receipts, failures };
}

/** The message itself is refused, by the client or by the stream: no repeat will help. */
export function isTooLarge(error: unknown): boolean {
  if (error instanceof JetStreamApiError) return error.code === MESSAGE_EXCEEDS_MAXIMUM;
  return error instanceof errors.InvalidArgumentError;
}

function byAggregate(rows: readonly OutboxRow[]): Map<string, OutboxRow[]> {
  const groups = new Map<string, OutboxRow[]>();
  for (const row of rows) {
    const key = aggregateKey(row);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return groups;
}
