import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { BoundServers, Destination } from '../routing/bound-connection.js';
import type { EgressContext } from '../routing/egress-context.js';
import { LeafIssuer } from '../tls/authority.js';
import { InterceptingServers } from '../tls/intercepting-servers.js';
import type { Locator, RequestHandlers } from './request-handlers.js';
import { targetOfBoundRequest } from './request-target.js';
import { clientIdleMs, serverOptions } from './server-options.js';

/** Servers that listen nowhere: they get connections whose destination is known. */
export class BoundHttpServers implements BoundServers {
  private readonly destinations = new WeakMap<Socket, Destination>();
  private readonly http1: Server;
  private readonly intercepting: InterceptingServers | undefined;

  constructor(context: EgressContext, handlers: RequestHandlers) {
    this.http1 = createServer(serverOptions(context.limits), (request, response) => {
      handlers.serve(request, response, locator('http', this.destinationOf(request)));
    });
    this.http1.timeout = clientIdleMs(context.limits);
    this.http1.on('clientError', (_error, socket) => socket.destroy());
    this.http1.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
      handlers.upgrade(request, socket, head, locator('http', this.destinationOf(request)));
    });
    if (context.authority === undefined) return;
    this.intercepting = new InterceptingServers(context, new LeafIssuer(context.authority), {
      request: (request, response, destination) => handlers.serve(request, response, locator('https', destination)),
      upgrade: (request, socket, head, destination) =>
        handlers.upgrade(request, socket, head, locator('https', destination)),
    });
  }

  readonly plain = (socket: Socket, destination: Destination): void => {
    this.destinations.set(socket, destination);
    this.http1.emit('connection', socket);
  };

  readonly endingTls = async (socket: Socket, destination: Destination): Promise<void> => {
    if (this.intercepting === undefined) throw new Error('a grant that ends TLS has an authority');
    await this.intercepting.serve(socket, destination);
  };

  close(): void {
    this.intercepting?.close();
  }

  private destinationOf(request: IncomingMessage): Destination {
    const destination = this.destinations.get(request.socket);
    if (destination === undefined) throw new Error('a connection has a destination');
    return destination;
  }
}

function locator(scheme: 'http' | 'https', destination: Destination): Locator {
  return {
    subject: { ...destination, scheme },
    target: (request) => targetOfBoundRequest(request, scheme, destination),
  };
}
