import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}

export type Answer = (response: ServerResponse, request: SeenRequest) => void | Promise<void>;

/** Answers of a server that is asked in no certain order: `GET /v1/batches/b1`, without the query. */
export type Routes = Readonly<Record<string, Answer>>;

/** An HTTP server that answers by script, one answer per request, else by route; every request is kept. */
export class FakeServer {
  readonly seen: SeenRequest[] = [];
  private readonly answers: Answer[] = [];
  private routes: Routes = {};
  private server: Server | undefined;
  private port = 0;

  get url(): string {
    return `http://127.0.0.1:${String(this.port)}`;
  }

  /** Listens again on the port it had, after a stop. */
  async start(): Promise<void> {
    const server = createServer((request, response) => {
      this.handle(request, response).catch((error: unknown) => response.destroy(error as Error));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.port, '127.0.0.1', resolve);
    });
    this.port = (server.address() as AddressInfo).port;
    this.server = server;
  }

  /** Breaks every open connection. */
  async stop(): Promise<void> {
    const { server } = this;
    if (server === undefined) return;
    this.server = undefined;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  next(...answers: readonly Answer[]): void {
    this.answers.push(...answers);
  }

  serve(routes: Routes): void {
    this.routes = routes;
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString('utf8');
    const seen = {
      method: request.method ?? '',
      url: request.url ?? '',
      headers: request.headers,
      body: body === '' ? undefined : (JSON.parse(body) as unknown),
    };
    this.seen.push(seen);
    const answer = this.answers.shift() ?? this.routes[`${seen.method} ${seen.url.replace(/\?.*$/, '')}`];
    if (answer === undefined) throw new Error(`No answer was scripted for ${seen.method} ${seen.url}`);
    await answer(response, seen);
  }
}

export function json(value: unknown, httpStatus = 200): Answer {
  return (response) => {
    response.writeHead(httpStatus, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  };
}

/** Takes the request and breaks the connection without an answer. */
export function hangUp(): Answer {
  return (response) => {
    response.destroy();
  };
}

export function refusal(
  httpStatus: number,
  reason: string,
  options: { retryAfter?: string; code?: number } = {},
): Answer {
  const retry = { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: options.retryAfter };
  return json(
    {
      code: options.code ?? 14,
      message: `refused with ${reason}`,
      details: [
        { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason, domain: 'heddle', metadata: { id: 'x' } },
        ...(options.retryAfter === undefined ? [] : [retry]),
      ],
    },
    httpStatus,
  );
}

/** A stream of server-sent events; `after` says how it goes on once the text is written. */
export function sse(text: string, after: 'END' | 'BREAK' | 'STAY' = 'END'): Answer {
  return async (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    await new Promise((resolve) => response.write(text, resolve));
    if (after === 'END') response.end();
    if (after === 'BREAK') response.destroy();
  };
}
