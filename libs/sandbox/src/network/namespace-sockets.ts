import { closeSync } from 'node:fs';
import { bindSocket, listenOn, openSocket } from '../native/network.js';
import type { NetworkNamespace } from './network-namespace.js';

const BACKLOG = 128;

/** Opens sockets in a namespace that this process is not in: they stay there, wherever they are used. */
export class NamespaceSockets {
  constructor(private readonly namespace: NetworkNamespace) {}

  /** A descriptor for `server.listen({ fd })`, which closes it; EADDRINUSE where somebody listens there. */
  listenTcp(address: string, port: number): number {
    return this.open('stream', (fd) => {
      bindSocket(fd, address, port);
      listenOn(fd, BACKLOG);
    });
  }

  /** A descriptor for `socket.bind({ fd })` of node:dgram, which closes it. */
  bindUdp(address: string, port: number): number {
    return this.open('datagram', (fd) => {
      bindSocket(fd, address, port);
    });
  }

  private open(kind: 'stream' | 'datagram', prepare: (fd: number) => void): number {
    return this.namespace.run(() => {
      const fd = openSocket(kind);
      try {
        prepare(fd);
        return fd;
      } catch (error) {
        closeSync(fd);
        throw error;
      }
    });
  }
}
