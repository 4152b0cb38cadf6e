import { createServer, type IncomingMessage, type Server } from 'node:http';
import { Socket } from 'node:net';
import { serveBound, type BoundServers } from '../routing/bound-connection.js';
import type { EgressContext } from '../routing/egress-context.js';
import { EgressFault, internalFault } from '../routing/egress-fault.js';
import type { Locator, RequestHandlers } from './request-handlers.js';
import { parseAuthority, targetOfProxyRequest } from './request-target.js';
import { clientIdleMs, serverOptions } from './server-options.js';
import { refuseOnSocket } from './refusal.js';

const BY_WHOLE_URL: Locator = { subject: { host: '', port: 0, scheme: 'http' }, target: targetOfProxyRequest };

/** The proxy that the sandbox's proxy variables name: plain HTTP by whole URLs, everything else through CONNECT. */
export function createProxyServer(context: EgressContext, handlers: RequestHandlers, servers: BoundServers): Server {
  const server = createServer(serverOptions(context.limits), (request, response) => {
    handlers.serve(request, response, BY_WHOLE_URL);
  });
  server.timeout = clientIdleMs(context.limits);
  server.on('connection', (socket: Socket) => void context.connections.add(socket));
  server.on('clientError', (_error, socket) => socket.destroy());
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    handlers.upgrade(request, socket, head, BY_WHOLE_URL);
  });
  server.on('connect', (request, socket, head) => {
    // Of a server that listens on TCP it is one.
    if (socket instanceof Socket) void serveConnect(context, servers, request, socket, head);
  });
  return server;
}

async function serveConnect(
  context: EgressContext,
  servers: BoundServers,
  request: IncomingMessage,
  client: Socket,
  head: Buffer,
): Promise<void> {
  const { rules, recorder, upstream } = context;
  const asked = { host: '', port: 0 };
  try {
    const destination = Object.assign(asked, parseAuthority(request.url ?? '', 443));
    const decision = rules.decideHost(destination.host, destination.port);
    if (!decision.allowed) {
      const what = `${destination.host}:${String(destination.port)} is not on the list of this sandbox`;
      throw new EgressFault('REFUSED', decision.reason, what, decision.suggestion);
    }
    recorder.expectBudget();
    // Before it is answered: a client shows the refusal of a CONNECT, not the end of a connection.
    const opened = rules.endsTls(destination.host, destination.port)
      ? undefined
      : await upstream.connectTcp(destination.host, destination.port);
    client.write('HTTP/1.1 200 Connection established\r\n\r\n');
    if (head.length > 0) client.unshift(head);
    await serveBound(context, servers, client, destination, opened);
  } catch (error) {
    const fault = error instanceof EgressFault ? error : internalFault(error);
    recorder.refuse({ ...asked, scheme: 'tcp', method: 'CONNECT' }, fault);
    refuseOnSocket(client, fault);
  }
}
