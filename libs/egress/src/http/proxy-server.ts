import { createServer, type IncomingMessage, type Server } from 'node:http';
import { Socket } from 'node:net';
import { serveBound, type BoundServers } from '../routing/bound-connection.js';
import type { EgressContext } from '../routing/egress-context.js';
import { EgressFault } from '../routing/egress-fault.js';
import type { HttpUpstream } from './http-upstream.js';
import { parseAuthority, targetOfProxyRequest } from './request-target.js';
import { answerFault, serveRequest } from './serve-request.js';
import { serverOptions } from './server-options.js';

/** The proxy that the sandbox's proxy variables name: plain HTTP by whole URLs, everything else through CONNECT. */
export function createProxyServer(context: EgressContext, http: HttpUpstream, servers: BoundServers): Server {
  const server = createServer(serverOptions(context.limits), (request, response) => {
    try {
      const target = targetOfProxyRequest(request);
      void serveRequest(context, http, { request, response, target });
    } catch (error) {
      if (!(error instanceof EgressFault)) throw error;
      context.recorder.refuse({ host: '', port: 0, scheme: 'http', method: request.method ?? '' }, error);
      answerFault(request, response, error);
    }
  });
  server.on('connection', (socket: Socket) => void context.connections.add(socket));
  server.on('clientError', (_error, socket) => socket.destroy());
  server.timeout = context.limits.idleMs;
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
    if (!(error instanceof EgressFault)) throw error;
    recorder.refuse({ ...asked, scheme: 'tcp', method: 'CONNECT' }, error);
    client.end(
      `HTTP/1.1 ${String(error.status)} Refused\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n` +
        `Content-Length: ${String(Buffer.byteLength(error.line))}\r\nX-Heddle-Egress: ${error.reason}\r\n\r\n${error.line}`,
    );
  }
}
