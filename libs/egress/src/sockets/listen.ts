import type { ListenOptions, Server } from 'node:net';

/** Rejects if it can't listen. Afterwards an error of the server (no descriptors left) only costs the connection. */
export async function listen(server: Server, where: ListenOptions): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(where, () => {
      server.off('error', reject);
      server.on('error', () => undefined);
      resolve();
    });
  });
}
