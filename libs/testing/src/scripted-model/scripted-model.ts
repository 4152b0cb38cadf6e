import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { json } from 'node:stream/consumers';
import { deliver, writeAnswer } from './answer-writer.js';
import {
  type HttpAnswer,
  MalformedRequest,
  type ModelProtocol,
  type RefusalKind,
  type Route,
} from './model-protocol.js';
import { anthropicMessages } from './protocols/anthropic-messages.js';
import { chatCompletions } from './protocols/chat-completions.js';
import { gemini } from './protocols/gemini.js';
import { responses } from './protocols/responses.js';
import { authorizationOf, type RequestCounters, RequestLog, type RequestRecord } from './request-log.js';
import { parseScenario, type Scenario, type ScenarioInput } from './scenario.js';
import { type Play, ScriptPlayer } from './script-player.js';

const PROTOCOLS: readonly ModelProtocol[] = [chatCompletions, responses, anthropicMessages, gemini];
const OWN_PATH = '/_scripted/requests';

export interface ScriptedModelOptions {
  /** Checked: a mistake in it is a ScenarioError. */
  readonly scenario: ScenarioInput;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any free one. */
  readonly port?: number;
  /** A unix socket to listen on as well, for a sandbox without a network. */
  readonly socketPath?: string;
  /** Keeps the body of every request in the log; they can be large. Default false. */
  readonly keepBodies?: boolean;
  /** Is told of each request once it is over. */
  readonly onRequest?: (record: RequestRecord) => void;
}

/** A model server that follows a script, for tests of agents and their adapters. */
export interface ScriptedModel {
  /** `http://host:port`, without a path. */
  readonly url: string;
  readonly socketPath: string | undefined;
  /** Copies, in order of arrival. */
  requests(): readonly RequestRecord[];
  counters(): RequestCounters;
  /** Empties the log and lets faults with `times` happen again. */
  reset(): void;
  /** Breaks what is still open. */
  close(): Promise<void>;
}

/** Starts a server. Throws a ScenarioError for a wrong scenario, and what `listen` throws. */
export async function startScriptedModel(options: ScriptedModelOptions): Promise<ScriptedModel> {
  const handler = new RequestHandler(parseScenario(options.scenario), options);
  const { host = '127.0.0.1', port = 0, socketPath } = options;
  const servers = [handler.server()];
  try {
    await listening(servers[0] as Server, { host, port });
    if (socketPath !== undefined) {
      const local = handler.server();
      await listening(local, { path: socketPath });
      servers.push(local);
    }
  } catch (error) {
    await Promise.all(servers.map(closed));
    throw error;
  }
  const address = servers[0]?.address() as AddressInfo;
  return {
    url: `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`,
    socketPath,
    requests: () => handler.log.all(),
    counters: () => handler.counters(),
    reset: () => handler.reset(),
    close: async () => {
      await Promise.all(servers.map(closed));
    },
  };
}

class RequestHandler {
  readonly log = new RequestLog();
  readonly #player: ScriptPlayer;
  #open = 0;

  constructor(
    private readonly scenario: Scenario,
    private readonly options: Pick<ScriptedModelOptions, 'keepBodies' | 'onRequest'>,
  ) {
    this.#player = new ScriptPlayer(scenario);
  }

  server(): Server {
    const server = createServer((request, response) => {
      this.#handle(request, response).catch((error: unknown) => response.destroy(error as Error));
    });
    return server.on('upgrade', (request: IncomingMessage, socket: Duplex) => this.#refuseUpgrade(request, socket));
  }

  counters(): RequestCounters {
    return this.log.counters(this.#open);
  }

  reset(): void {
    this.log.clear();
    this.#player.reset();
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://scripted');
    if (url.pathname.startsWith('/_scripted/')) {
      writeAnswer(response, this.#ownAnswer(request.method ?? '', url));
      return;
    }
    const record = this.#record(request, url);
    const began = performance.now();
    response.once('close', () => {
      record.duration = Math.round(performance.now() - began);
      if (response.headersSent) record.status = response.statusCode;
      if (!response.writableFinished) record.broken = true;
      this.options.onRequest?.({ ...record });
    });
    const answer = await this.#answer(request, response, url, record);
    if (answer) writeAnswer(response, answer);
  }

  /** The answer, if it is a plain one; else it is written when this ends. */
  async #answer(
    request: IncomingMessage,
    response: ServerResponse,
    url: URL,
    record: RequestRecord,
  ): Promise<HttpAnswer | undefined> {
    const method = request.method ?? '';
    const found = findRoute(method, url);
    if (!found) return this.#withoutRoute(method, url, record);
    const { protocol, route } = found;
    record.protocol = protocol.name;
    let body: unknown;
    try {
      body = method === 'GET' ? undefined : await json(request);
    } catch {
      record.outcome = 'malformed';
      return protocol.badRequest('The body is not JSON.');
    }
    if (this.options.keepBodies === true) record.body = body;
    if (route.kind === 'side') {
      record.outcome = 'side';
      return route.answer(body, this.scenario.models);
    }
    this.#open++;
    record.concurrent = this.#open;
    response.once('close', () => this.#open--);
    return this.#converse(protocol, route, body, response, record);
  }

  async #converse(
    protocol: ModelProtocol,
    route: Extract<Route, { kind: 'model' }>,
    body: unknown,
    response: ServerResponse,
    record: RequestRecord,
  ): Promise<HttpAnswer | undefined> {
    const { limit } = this.scenario;
    if (limit && this.#open > limit.concurrent) {
      record.outcome = 'over_limit';
      return protocol.refusal('rate_limited', message('rate_limited'), limit.retryAfterSeconds);
    }
    let play: Play;
    try {
      const request = protocol.read(body, route);
      record.model = request.model;
      record.stream = request.stream;
      record.tools = [...request.tools.keys()];
      play = this.#player.play(request);
    } catch (error) {
      if (!(error instanceof MalformedRequest)) throw error;
      record.outcome = 'malformed';
      return protocol.badRequest(error.message);
    }
    record.outcome = play.outcome;
    if ('problem' in play) return protocol.badRequest(`Scripted model: ${play.problem}`);
    note(record, play);
    const { reply, step, fault } = play;
    const onItsWay = fault && isDelivery(fault) ? fault : undefined;
    if (fault && !onItsWay) {
      const after = fault.kind === 'rate_limited' ? fault.retryAfterSeconds : undefined;
      const kind = fault.kind as RefusalKind;
      return protocol.refusal(kind, message(kind), after);
    }
    const stream = record.stream;
    await deliver(response, {
      parts: stream ? protocol.events(reply) : [JSON.stringify(protocol.whole(reply))],
      contentType: stream ? 'text/event-stream' : 'application/json',
      delayMs: step?.delayMs ?? this.scenario.delayMs,
      eventDelayMs: step?.eventDelayMs ?? 0,
      fault: onItsWay,
    });
    return undefined;
  }

  #record(request: IncomingMessage, url: URL): RequestRecord {
    return this.log.add({
      method: request.method ?? '',
      path: url.pathname,
      authorization: authorizationOf(request.headers),
    });
  }

  #withoutRoute(method: string, url: URL, record: RequestRecord): HttpAnswer {
    // Agents look whether anybody is there.
    if (url.pathname === '/' && (method === 'GET' || method === 'HEAD')) {
      record.outcome = 'side';
      return { status: 200, body: {} };
    }
    record.outcome = 'not_found';
    return { status: 404, body: { error: { message: `The scripted model has no ${method} ${url.pathname}.` } } };
  }

  #ownAnswer(method: string, url: URL): HttpAnswer {
    if (url.pathname !== OWN_PATH) return { status: 404, body: { error: { message: `There is ${OWN_PATH} only.` } } };
    if (method === 'DELETE') {
      this.reset();
      return { status: 200, body: {} };
    }
    if (method !== 'GET') return { status: 405, headers: { allow: 'GET, DELETE' }, body: {} };
    return { status: 200, body: { counters: this.counters(), requests: this.log.all() } };
  }

  /** A WebSocket is refused such that an agent which prefers one takes HTTP at once. */
  #refuseUpgrade(request: IncomingMessage, socket: Duplex): void {
    const record = this.#record(request, new URL(request.url ?? '/', 'http://scripted'));
    record.outcome = 'upgrade_refused';
    record.status = 426;
    record.duration = 0;
    socket.on('error', () => socket.destroy());
    socket.end('HTTP/1.1 426 Upgrade Required\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  }
}

function findRoute(method: string, url: URL): { protocol: ModelProtocol; route: Route } | undefined {
  for (const protocol of PROTOCOLS) {
    const route = protocol.route(method, url);
    if (route) return { protocol, route };
  }
  return undefined;
}

function note(record: RequestRecord, { conversation, index, fault }: Exclude<Play, { problem: string }>): void {
  if (conversation !== undefined) record.conversation = conversation;
  if (index !== undefined) record.step = index;
  if (fault) record.fault = fault.kind;
}

const DELIVERY_FAULTS = ['cut', 'hang', 'malformed'];

function isDelivery<F extends { kind: string }>(fault: F): fault is Extract<F, { kind: 'cut' | 'hang' | 'malformed' }> {
  return DELIVERY_FAULTS.includes(fault.kind);
}

/** Words that say where they come from, whoever ends up showing them. */
function message(kind: RefusalKind): string {
  return `Scripted fault: ${kind.replaceAll('_', ' ')}.`;
}

async function listening(server: Server, where: { host?: string; port?: number; path?: string }): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(where, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

async function closed(server: Server): Promise<void> {
  if (!server.listening) return;
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
