import type { JsMsg } from '@nats-io/jetstream';

export interface ConsumedMessage {
  readonly subject: string;
  /** Position in the stream. */
  readonly sequence: number;
  /** 1 for the first delivery. */
  readonly deliveryCount: number;
  readonly data: Uint8Array;
  header(name: string): string | undefined;
  /** The payload parsed as JSON; the caller checks its shape. */
  json(): unknown;
}

/** Runs the handler and tells the server now and then that the message is in work. */
export async function handleMessage(
  message: JsMsg,
  handle: (message: ConsumedMessage) => Promise<void>,
  aliveMs: number,
): Promise<void> {
  const alive = setInterval(() => message.working(), aliveMs);
  try {
    await handle({
      subject: message.subject,
      sequence: message.seq,
      deliveryCount: message.info.deliveryCount,
      data: message.data,
      header: (name) => message.headers?.get(name) || undefined,
      json: () => message.json<unknown>(),
    });
  } finally {
    clearInterval(alive);
  }
}
