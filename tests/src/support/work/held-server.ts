import { once } from 'node:events';
import { createServer, request as ask } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Before another server: what is asked of it waits until it is let through. */
export interface HeldServer {
  readonly port: number;
  letThrough(): void;
  close(): void;
}

/** @param target `http://host:port` of the server behind it */
export async function holdServer(target: string): Promise<HeldServer> {
  let letThrough: () => void = () => undefined;
  const open = new Promise<void>((resolve) => (letThrough = resolve));
  const server = createServer((request, response) => {
    void open.then(() => {
      const { method, headers } = request;
      const forward = ask(new URL(request.url ?? '/', target), { method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      forward.on('error', () => response.destroy());
      request.pipe(forward);
    });
  });
  server.listen(0, '0.0.0.0');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    letThrough,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
