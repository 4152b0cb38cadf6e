import { createServer, type Server } from 'node:net';
import type { Answer } from '../dns/answer-query.js';
import type { NameTable } from '../dns/name-table.js';
import { normaliseHost } from '../grant/host-name.js';
import { listen } from '../sockets/listen.js';
import type { SocketOpener } from '../sockets/socket-opener.js';
import { serveBound, type BoundServers } from './bound-connection.js';
import type { EgressContext } from './egress-context.js';
import { EgressFault, internalFault } from './egress-fault.js';

/** Names that were asked for and refused are recorded once each, up to this many. */
const MAX_REFUSED_NAMES = 1024;

/**
 * The way for clients that read no proxy variable: a name of the list resolves to a loopback address of its own, and what
 * connects there goes to that host. Its ports are opened when it is asked for first.
 */
export class TransparentListeners {
  private readonly opening = new Map<string, Promise<Answer>>();
  private readonly servers: Server[] = [];
  private readonly refused = new Set<string>();
  private isClosed = false;

  constructor(
    private readonly context: EgressContext,
    private readonly bound: BoundServers,
    private readonly sockets: SocketOpener,
    private readonly names: NameTable,
  ) {}

  /** What a question for a name gets; for a name of the list, its ports are open then. */
  readonly find = async (name: string): Promise<Answer> => {
    const normal = normaliseHost(name);
    const ports = 'host' in normal ? this.context.rules.portsOf(normal.host) : [];
    if (!('host' in normal) || ports.length === 0) {
      this.refuse('host' in normal ? normal.host : name);
      return 'NOT_FOUND';
    }
    const { host } = normal;
    let answer = this.opening.get(host);
    if (answer === undefined) {
      answer = this.open(host, ports);
      this.opening.set(host, answer);
    }
    return answer;
  };

  async close(): Promise<void> {
    this.isClosed = true;
    await Promise.allSettled(this.opening.values());
    await Promise.all(this.servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))));
  }

  private async open(host: string, ports: readonly number[]): Promise<Answer> {
    const address = this.names.addressOf(host);
    if (address === undefined) {
      this.context.recorder.refuse(
        { host, port: 0, scheme: 'dns' },
        new EgressFault('REFUSED', 'NAME_LIMIT', 'too many names'),
      );
      return 'FAILED';
    }
    try {
      await Promise.all(ports.map((port) => this.listenFor(host, address, port)));
      return { address };
    } catch {
      // The next question tries again.
      this.opening.delete(host);
      return 'FAILED';
    }
  }

  private async listenFor(host: string, address: string, port: number): Promise<void> {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      if (!this.context.connections.add(socket)) return;
      serveBound(this.context, this.bound, socket, { host, port }).catch((error: unknown) => {
        this.context.recorder.refuse({ host, port, scheme: 'tcp' }, internalFault(error));
        socket.destroy();
      });
    });
    await listen(server, await this.sockets.listenTcp(address, port));
    if (this.isClosed) server.close();
    else this.servers.push(server);
  }

  private refuse(host: string): void {
    if (this.refused.has(host) || this.refused.size >= MAX_REFUSED_NAMES) return;
    this.refused.add(host);
    this.context.recorder.refuse(
      { host: host.slice(0, 255), port: 0, scheme: 'dns' },
      new EgressFault('REFUSED', 'HOST_NOT_ALLOWED', 'not on the list', {
        host,
        ports: [],
        methods: [],
        pathPrefix: '',
      }),
    );
  }
}
