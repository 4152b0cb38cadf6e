import { createServer, ServerResponse, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import helmet from 'helmet';
import { binaryToJson } from '@heddle/contracts/json';
import { HeddleError } from '@heddle/domain';
import { requestContext } from '@heddle/platform/context';
import type { Logger } from '@heddle/platform/logging';
import type { MethodCatalog } from '../catalog/method-catalog.js';
import type { IncomingCall } from '../dispatch/call.js';
import type { Dispatcher } from '../dispatch/dispatcher.js';
import { toFailure } from '../dispatch/failure.js';
import { errorResponse, type ErrorResponse } from './error-response.js';
import type { Exchange } from './exchange.js';
import { deadlineOf, requestIdOf, targetOf, traceparentOf } from './http-call.js';
import { readJsonBody } from './read-body.js';
import { RouteTable, type MatchedRoute } from './route-table.js';
import { failSse, isSse } from './sse-response.js';
import type { StreamRenderer } from './stream-renderer.js';
import { TerminalSocket } from './terminal-socket.js';
import { transcodeRequest } from './transcode-request.js';
import { serveWithoutUpgrade, type Upgrade } from './upgrade.js';

export interface RestDoorSettings {
  readonly catalog: MethodCatalog;
  readonly dispatcher: Dispatcher;
  /** How each server stream is shown, by the rpc's full name. */
  readonly renderers: Readonly<Record<string, StreamRenderer>>;
  /** The document of `/v1/openapi.json`. */
  readonly openapi: () => Buffer;
  readonly logger: Logger;
}

const DRAIN_MS = 500;

/** The REST server: every route of the API by its annotations, with JSON in and out. */
export class RestDoor {
  private readonly routes: RouteTable;
  private readonly server: Server;
  private readonly closing = new AbortController();
  private readonly secure = helmet();
  private readonly terminals: TerminalSocket;

  constructor(private readonly settings: RestDoorSettings) {
    this.routes = new RouteTable(settings.catalog);
    this.server = createServer((request, response) => {
      this.secure(request, response, () => void this.answer(request, response));
    });
    this.server.keepAliveTimeout = 65_000;
    this.terminals = new TerminalSocket(settings.dispatcher, (error) => this.statusOf(error).body);
    this.server.on('upgrade', (request, socket: Socket, head: Buffer) => {
      if (request.headers.upgrade?.toLowerCase() === 'websocket') void this.upgrade({ request, socket, head });
      else serveWithoutUpgrade(this.server, { request, socket, head });
    });
  }

  /** @returns the port it listens on */
  async start(host: string, port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, host, resolve);
    });
    return (this.server.address() as AddressInfo).port;
  }

  /** Ends streams with SHUTTING_DOWN, lets calls in flight end for the time of grace, then cuts them. */
  async stop(graceMs: number): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.closing.abort(new HeddleError('SHUTTING_DOWN', 'The gateway is stopping; connect again'));
    this.server.closeIdleConnections();
    // Connections become idle when their last answer is out; clients may keep them open for ever.
    const idle = setInterval(() => this.server.closeIdleConnections(), 50);
    const cut = setTimeout(() => this.server.closeAllConnections(), graceMs);
    await closed;
    clearInterval(idle);
    clearTimeout(cut);
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const requestId = requestIdOf(request);
    response.setHeader('x-request-id', requestId);
    try {
      await this.serve(request, response, requestId);
    } catch (error) {
      this.fail(error, request, response);
    }
  }

  private async upgrade(upgrade: Upgrade): Promise<void> {
    const { request, socket } = upgrade;
    const requestId = requestIdOf(request);
    socket.on('error', () => socket.destroy());
    try {
      const { pathname, searchParams } = targetOf(request);
      const route = this.routes.match(request.method ?? 'GET', pathname);
      const { method } = route;
      const { authorization } = request.headers;
      this.settings.dispatcher.admit(method, authorization);
      if (!method.clientStreaming)
        throw new HeddleError('METHOD_NOT_ALLOWED', `${pathname} is no WebSocket`, { metadata: { allowed: 'GET' } });
      const traceparent = traceparentOf(request);
      const call = { method, authorization, requestId, traceparent, deadline: Infinity, signal: this.closing.signal };
      await this.terminals.open(upgrade, call, transcodeRequest(route, searchParams, undefined));
    } catch (error) {
      const response = new ServerResponse(request);
      response.assignSocket(socket);
      response.shouldKeepAlive = false;
      response.once('finish', () => socket.end());
      this.secure(request, response, () => {
        response.setHeader('x-request-id', requestId);
        this.fail(error, request, response);
      });
    }
  }

  private async serve(request: IncomingMessage, response: ServerResponse, requestId: string): Promise<void> {
    const { pathname, searchParams } = targetOf(request);
    const verb = request.method === 'HEAD' ? 'GET' : (request.method ?? 'GET');
    if (pathname === '/v1/openapi.json' && verb === 'GET') {
      respond(response, 200, this.settings.openapi());
      return;
    }
    const route = this.routes.match(verb, pathname);
    const { authorization } = request.headers;
    // Nobody without a token makes the gateway read a body.
    const caller = this.settings.dispatcher.admit(route.method, authorization);
    const body = route.binding.body === '' ? undefined : await readJsonBody(request);
    const binary = transcodeRequest(route, searchParams, body);
    const call: IncomingCall = {
      method: route.method,
      request: binary,
      authorization,
      requestId,
      traceparent: traceparentOf(request),
      deadline: deadlineOf(route, binary),
      signal: AbortSignal.any([goneSignal(response), this.closing.signal]),
    };
    const context = {
      requestId,
      traceparent: call.traceparent,
      principal: caller?.principal ?? '',
      role: caller?.role ?? '',
    };
    return requestContext.run(context, () => this.run(route, { request, response, call }));
  }

  private async run(route: MatchedRoute, exchange: Exchange): Promise<void> {
    if (route.method.clientStreaming)
      throw new HeddleError('UPGRADE_REQUIRED', `${route.method.name} is a WebSocket over REST: connect by one`);
    if (route.method.serverStreaming) {
      const render = this.settings.renderers[route.method.fullName];
      if (render === undefined)
        throw new HeddleError('NOT_AVAILABLE', `${route.method.name} is not available over REST`);
      return render(exchange);
    }
    const answer = await this.settings.dispatcher.unary(exchange.call);
    respond(exchange.response, 200, JSON.stringify(binaryToJson(route.method.output.typeName, answer)));
    return undefined;
  }

  private statusOf(error: unknown): ErrorResponse {
    return errorResponse(toFailure(error, this.settings.logger));
  }

  private fail(error: unknown, request: IncomingMessage, response: ServerResponse): void {
    if (response.destroyed) return;
    const { http, headers, body } = this.statusOf(error);
    if (response.headersSent) {
      // Half a file looks like a whole one unless the connection breaks.
      if (isSse(response)) failSse(response, body);
      else response.destroy();
      return;
    }
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    if (!request.complete) discardRest(request);
    respond(response, http, JSON.stringify(body));
  }
}

/** The client gets a moment to see the answer and to end its body; the rest of an endless one is not read. */
function discardRest(request: IncomingMessage): void {
  request.resume();
  const cut = setTimeout(() => {
    if (!request.complete) request.destroy();
  }, DRAIN_MS);
  request.once('end', () => clearTimeout(cut)).once('close', () => clearTimeout(cut));
}

function respond(response: ServerResponse, status: number, body: string | Buffer): void {
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

function goneSignal(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => gone.abort(new HeddleError('CANCELLED', 'The client went away')));
  return gone.signal;
}
