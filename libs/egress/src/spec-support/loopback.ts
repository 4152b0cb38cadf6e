import type { AddressInfo, Server } from 'node:net';
import type { EgressAddresses } from '../egress.js';
import type { SocketOpener } from '../sockets/socket-opener.js';

/** Opens the sandbox's sockets in the namespace of the test itself. */
export const loopbackSockets: SocketOpener = {
  listenTcp: async (host, port) => ({ host, port }),
  bindUdp: async (address, port) => ({ address, port }),
};

let networks = 0;

/** Loopback addresses of its own for each egress of this machine, and ports that need no privilege. */
export function ownAddresses(): EgressAddresses {
  networks += 1;
  // Test files run in processes of their own at the same time.
  const block = (process.pid * 7 + networks) % 120;
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
