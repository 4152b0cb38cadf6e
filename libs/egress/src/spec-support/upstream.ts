import { createServer, type IncomingMessage, type Server } from 'node:http';
import {
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from 'node:http2';
import type { ServerResponse } from 'node:http';
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https';
import { WebSocketServer } from 'ws';
import { createAuthority, LeafIssuer } from '../tls/authority.js';
import { listening } from './loopback.js';

type AnyRequest = IncomingMessage | Http2ServerRequest;
type AnyResponse = ServerResponse | Http2ServerResponse;

export interface Upstream {
  readonly port: number;
  /** PEM; empty for plain HTTP. */
  readonly ca: string;
  /** What has come in, in order. */
  readonly requests: readonly SeenRequest[];
  close(): Promise<void>;
}

export interface SeenRequest {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly version: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  readonly trailers: Readonly<Record<string, string | string[] | undefined>>;
}

export type Handler = (request: AnyRequest, response: AnyResponse, seen: SeenRequest) => void;

/** Says `ok` to everything. */
const OK: Handler = (_request, response) => void response.end('ok');

export async function plainUpstream(handler: Handler = OK): Promise<Upstream> {
  const requests: SeenRequest[] = [];
  const server = createServer((request, response) => serve(handler, requests, request, response));
  return opened(server, '', requests);
}

/** HTTP/2, if it is not to be left out, and HTTP/1.1, with a certificate of an authority of its own. */
export async function tlsUpstream(
  name: string,
  handler: Handler = OK,
  { http2 = true }: { http2?: boolean } = {},
): Promise<Upstream> {
  const authority = await createAuthority([name]);
  const { chain, privateKey } = await new LeafIssuer(authority).issue(name);
  const requests: SeenRequest[] = [];
  const options = { cert: chain, key: privateKey, allowHTTP1: true };
  const server = http2
    ? createSecureServer(options, (request, response) => serve(handler, requests, request, response))
    : createHttpsServer(options, (request, response) => serve(handler, requests, request, response));
  return opened(server, authority.certificate, requests);
}

function serve(handler: Handler, requests: SeenRequest[], request: AnyRequest, response: AnyResponse): void {
  const chunks: Buffer[] = [];
  request.on('error', () => undefined);
  response.on('error', () => undefined);
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const { method, url, httpVersion: version, headers, trailers } = request;
    const seen = { method, url, version, headers, trailers, body: Buffer.concat(chunks).toString() };
    requests.push(seen);
    handler(request, response, seen);
  });
}

async function opened(
  server: Server | HttpsServer | Http2SecureServer,
  ca: string,
  requests: SeenRequest[],
): Promise<Upstream> {
  const sockets = new Set<{ destroy(): void }>();
  server.on('connection', (socket: { destroy(): void; on(event: string, listener: () => void): void }) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  // The library knows servers of its own kind only by their type.
  const webSockets = new WebSocketServer({ server: server as Server });
  webSockets.on('connection', (socket, request) => {
    requests.push({
      method: 'GET',
      url: request.url,
      version: '1.1',
      headers: request.headers,
      trailers: {},
      body: '',
    });
    socket.on('message', (data: Buffer) => socket.send(`echo ${data.toString()}`));
    socket.on('error', () => undefined);
  });
  const port = await listening(server);
  return {
    port,
    ca,
    requests,
    close: async () => {
      webSockets.close();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
