import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';

/** A connection whose client asked for another protocol: nothing reads it any more. */
export interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Socket;
  /** What came after the request's head. */
  readonly head: Buffer;
}

const HOP_BY_HOP: ReadonlySet<string> = new Set(['connection', 'upgrade', 'http2-settings']);

/**
 * Answers in the protocol that is spoken already, which a client that only offers another one has to bear (some offer
 * HTTP/2 with every request). Node has let go of the request by then, so it is given the same one without the offer.
 */
export function serveWithoutUpgrade(server: Server, { request, socket, head }: Upgrade): void {
  const { method = 'GET', url = '/', rawHeaders } = request;
  const lines = [`${method} ${url} HTTP/1.1`];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const [name = '', value = ''] = rawHeaders.slice(index, index + 2);
    if (!HOP_BY_HOP.has(name.toLowerCase())) lines.push(`${name}: ${value}`);
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]));
  server.emit('connection', socket);
}
