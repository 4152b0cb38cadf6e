import { jetstream, type JsMsg } from '@nats-io/jetstream';
import { headers, type NatsConnection } from '@nats-io/transport-node';
import { SUBJECTS } from '@heddle/contracts';

/** Copies a message to the stream of dead letters, with what is needed to replay it. A repeat makes no second copy. */
export async function parkMessage(nc: NatsConnection, consumer: string, message: JsMsg): Promise<void> {
  const hdrs = headers();
  hdrs.set('Heddle-Subject', message.subject);
  hdrs.set('Heddle-Stream', message.info.stream);
  hdrs.set('Heddle-Sequence', String(message.seq));
  hdrs.set('Heddle-Deliveries', String(message.info.deliveryCount));
  await jetstream(nc).publish(SUBJECTS.deadLetter(consumer), message.data, {
    msgID: `${consumer}-${message.info.stream}-${message.seq}`,
    headers: hdrs,
  });
}
