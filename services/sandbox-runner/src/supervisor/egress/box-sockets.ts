import { closeSync } from 'node:fs';
import type { ListenOptions } from 'node:net';
import type { Egress } from '@heddle/egress';
import { NamespaceSockets, type NetworkNamespace } from '@heddle/sandbox';

type SocketOpener = Parameters<(typeof Egress)['open']>[0]['sockets'];

/** Below 1024: nothing inside may bind a port there, so that nothing can take it while the supervisor is away. */
export const ADDRESSES = { network: '127.88', proxyPort: 888, dnsPort: 53 } as const;
const PROXY = `${ADDRESSES.network}.0.1`;
const DNS = `${ADDRESSES.network}.0.53`;

/** The sockets of one box's egress. */
export class BoxSockets implements SocketOpener {
  private readonly sockets: NamespaceSockets;
  private readonly held = new Map<string, number>();

  constructor(namespace: NetworkNamespace) {
    this.sockets = new NamespaceSockets(namespace);
  }

  /** Opens the doors before anybody serves them: what knocks meanwhile waits in the kernel instead of being refused. */
  hold(): void {
    this.held.set(`tcp ${PROXY}`, this.sockets.listenTcp(PROXY, ADDRESSES.proxyPort));
    this.held.set(`udp ${DNS}`, this.sockets.bindUdp(DNS, ADDRESSES.dnsPort));
  }

  listenTcp(address: string, port: number): Promise<ListenOptions> {
    return answer(() => {
      const held = port === ADDRESSES.proxyPort ? this.take(`tcp ${address}`) : undefined;
      // Node takes a descriptor; its types do not know of it.
      const where: object = { fd: held ?? this.sockets.listenTcp(address, port) };
      return where;
    });
  }

  bindUdp(address: string, port: number): Promise<{ fd: number }> {
    return answer(() => {
      const held = port === ADDRESSES.dnsPort ? this.take(`udp ${address}`) : undefined;
      return { fd: held ?? this.sockets.bindUdp(address, port) };
    });
  }

  /** Those that nobody came to serve. */
  close(): void {
    for (const fd of this.held.values()) closeSync(fd);
    this.held.clear();
  }

  private take(key: string): number | undefined {
    const fd = this.held.get(key);
    this.held.delete(key);
    return fd;
  }
}

/** What is done at once, to whoever expects to wait for it. */
function answer<T>(work: () => T): Promise<T> {
  return new Promise((resolve) => {
    resolve(work());
  });
}
