import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { BoundServers, Destination } from '../routing/bound-connection.js';
import type { EgressContext } from '../routing/egress-context.js';
import { EgressFault } from '../routing/egress-fault.js';
import type { HttpUpstream } from './http-upstream.js';
import { targetOfBoundRequest } from './request-target.js';
import { answerFault, serveRequest } from './serve-request.js';
import { serverOptions } from './server-options.js';

/** Servers that listen nowhere: they get connections whose destination is known. */
export class BoundHttpServers implements BoundServers {
  private readonly destinations = new WeakMap<Socket, Destination>();
  private readonly http1: Server;

  constructor(
    private readonly context: EgressContext,
    private readonly http: HttpUpstream,
  ) {
    this.http1 = createServer(serverOptions(context.limits), (request, response) => {
      const destination = this.destinations.get(request.socket);
      if (destination === undefined) throw new Error('a connection without a destination');
      try {
        const target = targetOfBoundRequest(request, 'http', destination);
        void serveRequest(this.context, this.http, { request, response, target });
      } catch (error) {
        if (!(error instanceof EgressFault)) throw error;
        context.recorder.refuse({ ...destination, scheme: 'http', method: request.method ?? '' }, error);
        answerFault(request, response, error);
      }
    });
    this.http1.timeout = context.limits.idleMs;
    this.http1.on('clientError', (_error, socket) => socket.destroy());
  }

  readonly plain = (socket: Socket, destination: Destination): void => {
    this.destinations.set(socket, destination);
    this.http1.emit('connection', socket);
  };

  readonly endingTls = (socket: Socket, destination: Destination): void => {
    const fault = new EgressFault('REFUSED', 'UNKNOWN_PROTOCOL', 'TLS is not ended yet');
    this.context.recorder.refuse({ ...destination, scheme: 'https' }, fault);
    socket.destroy();
  };
}
