import type { AddressInfo, Server } from 'node:net';
import type { EgressAddresses } from '../egress.js';
import type { SocketOpener } from '../sockets/socket-opener.js';

/** Opens the sandbox's sockets in the namespace of the test itself. */
export const loopbackSockets: SocketOpener = {
  listenTcp: async (host, port) => ({ host, port }),
  bindUdp: async (address, port) => ({ address, port }),
};

/** Networks of one worker: as many egresses as a test file has open at once, and more. */
const OF_A_WORKER = 30;
const WORKERS = 4;

let networks = 0;

/** Loopback addresses of its own for each egress of this machine, and ports that need no privilege. */
export function ownAddresses(): EgressAddresses {
  networks += 1;
  // Test files run in workers of their own at the same time.
  const worker = Number(process.env['JEST_WORKER_ID'] ?? 1) % WORKERS;
  const block = worker * OF_A_WORKER + (networks % OF_A_WORKER);
  return { network: `127.${String(100 + block)}`, proxyPort: 3128, dnsPort: 5353 };
}

/** On a port that is free. */
export async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return (server.address() as AddressInfo).port;
}
