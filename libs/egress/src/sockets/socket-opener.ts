import type { BindOptions } from 'node:dgram';
import type { ListenOptions } from 'node:net';

/**
 * Opens the sockets that the sandbox sees, wherever that is. An opener that enters a network namespace answers with the
 * descriptor, `{ fd }`; one of this process's own namespace with `{ host, port }` or `{ address, port }`.
 * Rejects if the address is taken.
 */
export interface SocketOpener {
  listenTcp(address: string, port: number): Promise<ListenOptions>;
  bindUdp(address: string, port: number): Promise<BindOptions>;
}
