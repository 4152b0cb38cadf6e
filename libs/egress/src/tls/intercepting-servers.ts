import type { IncomingMessage } from 'node:http';
import {
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from 'node:http2';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { EgressReason } from '../record/egress-record.js';
import type { Destination } from '../routing/bound-connection.js';
import type { EgressContext } from '../routing/egress-context.js';
import { EgressFault } from '../routing/egress-fault.js';
import { clientIdleMs } from '../http/server-options.js';
import { BoundedMap } from '../limits/bounded-map.js';
import type { LeafIssuer } from './authority.js';

/** How a client says that it does not believe our certificate: bad, unsupported, revoked, unknown, unknown authority. */
const DISTRUST = /ALERT_(?:BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE_REVOKED|CERTIFICATE_UNKNOWN|UNKNOWN_CA)/;
const MAX_STREAMS = 100;
const MAX_SESSION_MEMORY_MB = 8;

export interface InterceptHandlers {
  readonly request: (request: Http2ServerRequest, response: Http2ServerResponse, destination: Destination) => void;
  readonly upgrade: (request: IncomingMessage, socket: Socket, head: Buffer, destination: Destination) => void;
}

/** Ends TLS: one server that listens nowhere for each destination, so that a connection's destination is never in doubt. */
export class InterceptingServers {
  private readonly servers: BoundedMap<Promise<Http2SecureServer>>;

  constructor(
    private readonly context: EgressContext,
    private readonly issuer: LeafIssuer,
    private readonly handlers: InterceptHandlers,
  ) {
    this.servers = new BoundedMap(context.limits.maxNames, (server) => void server.then((ready) => ready.close()));
  }

  async serve(socket: Socket, destination: Destination): Promise<void> {
    const key = `${destination.host}:${String(destination.port)}`;
    const ready = await this.servers.getOrCreate(key, () => this.create(destination));
    // A client that leaves within the handshake would not be noticed otherwise before its time is up.
    socket.allowHalfOpen = false;
    if (!socket.destroyed) ready.emit('connection', socket);
  }

  close(): void {
    this.servers.clear();
  }

  private async create(destination: Destination): Promise<Http2SecureServer> {
    const { limits, recorder } = this.context;
    const { chain, privateKey } = await this.issuer.issue(destination.host);
    const server = createSecureServer({
      cert: chain,
      key: privateKey,
      minVersion: 'TLSv1.2',
      allowHTTP1: true,
      handshakeTimeout: limits.handshakeMs,
      maxSessionMemory: MAX_SESSION_MEMORY_MB,
      settings: { maxConcurrentStreams: MAX_STREAMS, maxHeaderListSize: limits.maxHeaderBytes },
    });
    // Read for each connection over HTTP/1.1, as a plain server of Node reads its own.
    Object.assign(server, {
      maxHeaderSize: limits.maxHeaderBytes,
      headersTimeout: limits.handshakeMs,
      requestTimeout: 0,
    });
    server.setTimeout(clientIdleMs(limits));
    const record = (reason: EgressReason, said: string): void => {
      const fault = new EgressFault('FAILED', reason, `the client of ${destination.host} ${said}`);
      recorder.refuse({ ...destination, scheme: 'https' }, fault);
    };
    // Some clients (Node) look at the certificate when TLS is there already, and then just leave.
    const silent = new WeakSet<object>();
    server.on('secureConnection', (socket: TLSSocket) => {
      if (socket.alpnProtocol === 'h2') return;
      silent.add(socket);
      socket.once('close', () => {
        if (silent.has(socket)) record('CLIENT_PINS_TLS', 'went away when it had seen the certificate');
      });
    });
    server.on('request', (request, response) => {
      silent.delete(request.socket);
      this.handlers.request(request, response, destination);
    });
    server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
      silent.delete(socket);
      this.handlers.upgrade(request, socket, head, destination);
    });
    server.on('tlsClientError', (error: NodeJS.ErrnoException) => {
      const code = error.code ?? error.name;
      record(DISTRUST.test(code) || code === 'ECONNRESET' ? 'CLIENT_PINS_TLS' : 'CLIENT_ABORTED', `ended TLS: ${code}`);
    });
    server.on('clientError', (_error: Error, socket: Socket) => socket.destroy());
    server.on('sessionError', () => undefined);
    return server;
  }
}
