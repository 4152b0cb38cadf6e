import type { Socket } from 'node:net';
import type { Transform } from 'node:stream';
import type { OpenRecord } from '../record/recorder.js';
import { EgressFault } from './egress-fault.js';

/**
 * Copies in both directions until both sides have ended, one is gone, nothing moves, or the budget is spent. A side that
 * has said all may still listen. `inspect` sees what comes back.
 */
export function tunnel(
  client: Socket,
  upstream: Socket,
  { record, idleMs, inspect }: { record: OpenRecord; idleMs: number; inspect?: Transform | undefined },
): void {
  const sent = record.meter('sent');
  const received = record.meter('received');
  const between = [sent, received, ...(inspect === undefined ? [] : [inspect])];
  const stop = (fault?: EgressFault): void => {
    record.end(fault);
    for (const stream of [client, upstream, ...between]) stream.destroy();
  };
  const idle = (): void => stop(new EgressFault('FAILED', 'IDLE', 'nothing moved'));
  for (const stream of between) stream.on('error', (error) => stop(error instanceof EgressFault ? error : undefined));
  for (const socket of [client, upstream]) {
    socket.setTimeout(idleMs, idle);
    socket.on('error', () => stop());
  }
  client.on('close', () => stop());
  upstream.on('close', () => {
    // What it has sent may still be on its way to a slow client.
    if (!upstream.readableEnded || client.writableFinished) stop();
    else client.once('finish', () => stop());
  });
  client.pipe(sent).pipe(upstream);
  if (inspect === undefined) upstream.pipe(received).pipe(client);
  else upstream.pipe(received).pipe(inspect).pipe(client);
}
