import type { AddressInfo, Server } from 'node:net';
import type { SocketOpener } from '../sockets/socket-opener.js';

/** Opens the sandbox's sockets in the namespace of the test itself. */
export const loopbackSockets: SocketOpener = {
  listenTcp: async (host, port) => ({ host, port }),
  bindUdp: async (address, port) => ({ address, port }),
};

let networks = 0;

/** A network of loopback addresses of its own for each egress of this process, on ports that need no privilege. */
export function ownAddresses(): { network: string; proxyPort: number; dnsPort: number } {
  networks += 1;
  // Files run in processes of their own at the same time.
  return {
    network: `127.${String(100 + (process.pid % 100))}`,
    proxyPort: 20_000 + networks,
    dnsPort: 30_000 + networks,
  };
}

export async function listening(server: Server, host = '127.0.0.1'): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, host, resolve);
  });
  return (server.address() as AddressInfo).port;
}
