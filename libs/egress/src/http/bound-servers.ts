import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { BoundServers, Destination } from '../routing/bound-connection.js';
import type { EgressContext } from '../routing/egress-context.js';
import { EgressFault } from '../routing/egress-fault.js';
import { LeafIssuer } from '../tls/authority.js';
import { InterceptingServers } from '../tls/intercepting-servers.js';
import type { HttpUpstream } from './http-upstream.js';
import { targetOfBoundRequest, type RequestTarget } from './request-target.js';
import { answerFault, serveRequest, type AnyRequest, type AnyResponse } from './serve-request.js';
import { serveUpgrade } from './serve-upgrade.js';
import { serverOptions } from './server-options.js';

/** Servers that listen nowhere: they get connections whose destination is known. */
export class BoundHttpServers implements BoundServers {
  private readonly destinations = new WeakMap<Socket, Destination>();
  private readonly http1: Server;
  private readonly intercepting: InterceptingServers | undefined;

  constructor(
    private readonly context: EgressContext,
    private readonly http: HttpUpstream,
  ) {
    this.http1 = createServer(serverOptions(context.limits), (request, response) => {
      this.serve('http', this.destinationOf(request), request, response);
    });
    this.http1.timeout = context.limits.idleMs;
    this.http1.on('clientError', (_error, socket) => socket.destroy());
    this.http1.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
      this.upgrade('http', this.destinationOf(request), request, socket, head);
    });
    if (context.authority === undefined) return;
    this.intercepting = new InterceptingServers(context, new LeafIssuer(context.authority), {
      request: (request, response, destination) => this.serve('https', destination, request, response),
      upgrade: (request, socket, head, destination) => this.upgrade('https', destination, request, socket, head),
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

  async close(): Promise<void> {
    await this.intercepting?.close();
  }

  private destinationOf(request: IncomingMessage): Destination {
    const destination = this.destinations.get(request.socket);
    if (destination === undefined) throw new Error('a connection has a destination');
    return destination;
  }

  private serve(scheme: 'http' | 'https', destination: Destination, request: AnyRequest, response: AnyResponse): void {
    const target = this.targetOf(scheme, destination, request);
    if (target instanceof EgressFault) answerFault(request, response, target);
    else void serveRequest(this.context, this.http, { request, response, target });
  }

  private upgrade(
    scheme: 'http' | 'https',
    destination: Destination,
    request: IncomingMessage,
    client: Socket,
    head: Buffer,
  ): void {
    const target = this.targetOf(scheme, destination, request);
    if (target instanceof EgressFault) client.destroy();
    else void serveUpgrade(this.context, this.http, { request, client, head, target });
  }

  /** Records what is refused for its form. */
  private targetOf(
    scheme: 'http' | 'https',
    destination: Destination,
    request: AnyRequest,
  ): RequestTarget | EgressFault {
    try {
      return targetOfBoundRequest(request, scheme, destination);
    } catch (error) {
      if (!(error instanceof EgressFault)) throw error;
      this.context.recorder.refuse({ ...destination, scheme, method: request.method ?? '' }, error);
      return error;
    }
  }
}
