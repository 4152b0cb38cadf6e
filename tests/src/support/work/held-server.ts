import { once } from 'node:events';
import { createServer, request as ask, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** Before another server: what is asked of it waits until it is let through. */
export interface HeldServer {
  readonly port: number;
  /** How many requests have come to wait so far. */
  readonly held: number;
  letThrough(): void;
  close(): void;
}

/**
 * @param target `http://host:port` of the server behind it
 * @param holds by a request's body; the others are let through at once
 */
export async function holdServer(target: string, holds: (body: string) => boolean = () => true): Promise<HeldServer> {
  let held = 0;
  let letThrough: () => void = () => undefined;
  const open = new Promise<void>((resolve) => (letThrough = resolve));
  const pass = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await buffer(request);
    if (holds(body.toString())) {
      held += 1;
      await open;
    }
    const { method, headers } = request;
    const forward = ask(new URL(request.url ?? '/', target), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    forward.on('error', () => response.destroy());
    forward.end(body);
  };
  const server = createServer((request, response) => {
    pass(request, response).catch(() => response.destroy());
  });
  server.listen(0, '0.0.0.0');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    get held() {
      return held;
    },
    letThrough,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
