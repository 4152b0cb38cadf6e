import { errorFromAnswer } from '../errors/parse-status.js';
import { HeddleConnectionError } from '../errors/heddle-connection.error.js';
import { readBody, untilAborted } from './abortable.js';
import { connectionError } from './connection-failure.js';
import { linkSignal } from './linked-signal.js';
import { queryString, type Query } from './query.js';
import { withRetry } from './retry.js';
import { Terminal } from '../terminal/terminal.js';

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** The whole call with its repeats, in milliseconds. @defaultValue 30000 */
  readonly timeoutMs?: number;
  /** How long failures that pass by themselves are waited out, in milliseconds. @defaultValue 5000 */
  readonly retryForMs?: number;
}

export interface HttpCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Query;
  readonly body?: unknown;
  /** @defaultValue true for GET */
  readonly safe?: boolean;
  readonly accept?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer whose body is read piece by piece. */
export interface Download {
  readonly headers: Headers;
  readonly body: AsyncGenerator<Uint8Array, void, undefined>;
}

export interface TransportOptions {
  readonly url: string;
  readonly token?: string | undefined;
  readonly timeoutMs?: number;
  readonly retryForMs?: number;
  /** For tests and for runtimes with a fetch of their own. */
  readonly fetch?: typeof fetch;
}

/** Every HTTP request of the client starts here: address, token, deadline, repeats, errors. */
export class Transport {
  readonly url: string;
  private readonly fetch: typeof fetch;

  constructor(private readonly options: TransportOptions) {
    this.url = options.url.replace(/\/+$/, '');
    this.fetch = options.fetch ?? globalThis.fetch;
  }

  /**
   * @returns the parsed body
   * @throws {HeddleApiError} the server refused
   * @throws {HeddleConnectionError} no answer
   * @throws the signal's reason if it aborts
   */
  async json<T>(call: HttpCall, options: CallOptions = {}): Promise<T> {
    return this.repeating(call, options, async (signal) => {
      const response = await this.send(call, signal);
      const body = await this.readText(response, signal);
      return JSON.parse(body) as T;
    });
  }

  /** For downloads: only the way to the first byte is repeated and has a deadline; the caller's signal ends the body too. */
  async open(call: HttpCall, options: CallOptions = {}): Promise<Download> {
    const { headers, body } = await this.repeating(call, options, (signal) => this.send(call, signal));
    return { headers, body: this.pieces(body, options.signal ?? new AbortController().signal) };
  }

  /** A WebSocket; never repeated. @throws as `json` */
  terminal(path: string, query: Query, signal?: AbortSignal): Promise<Terminal> {
    const target = `${this.url.replace(/^http/, 'ws')}${path}${queryString(query)}`;
    return Terminal.open(target, this.options.token, signal);
  }

  /** @throws {HeddleConnectionError} the connection broke before the end */
  async *pieces(
    body: ReadableStream<Uint8Array> | null,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* readBody(body, signal);
    } catch (error) {
      signal.throwIfAborted();
      throw connectionError(this.url, error);
    }
  }

  /** One try, no deadline of its own: the caller's signal ends it, also while the body is read. */
  async send(call: HttpCall, signal: AbortSignal): Promise<Response> {
    const target = `${this.url}${call.path}${queryString(call.query ?? {})}`;
    let response: Response;
    try {
      const request = this.fetch(target, {
        method: call.method,
        headers: this.headers(call),
        signal,
        redirect: 'error',
        ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
      });
      response = await untilAborted(request, signal);
    } catch (error) {
      signal.throwIfAborted();
      throw connectionError(this.url, error);
    }
    if (response.ok) return response;
    throw errorFromAnswer(response.status, await this.readText(response, signal), response.headers.get('retry-after'));
  }

  private async readText(response: Response, signal: AbortSignal): Promise<string> {
    try {
      return await untilAborted(response.text(), signal);
    } catch (error) {
      signal.throwIfAborted();
      throw connectionError(this.url, error);
    }
  }

  private headers(call: HttpCall): Record<string, string> {
    return {
      accept: call.accept ?? 'application/json',
      ...(this.options.token === undefined ? {} : { authorization: `Bearer ${this.options.token}` }),
      ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...call.headers,
    };
  }

  private async repeating<T>(
    call: HttpCall,
    options: CallOptions,
    attempt: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const timeoutMs = options.timeoutMs ?? this.options.timeoutMs ?? 30_000;
    const deadline = linkSignal(options.signal);
    const { signal } = deadline;
    const expired = new HeddleConnectionError(
      'DEADLINE_EXCEEDED',
      this.url,
      `No answer from ${this.url} within ${String(timeoutMs / 1000)} s`,
    );
    const timer = setTimeout(() => deadline.abort(expired), timeoutMs);
    try {
      const safe = call.safe ?? call.method === 'GET';
      const forMs = options.retryForMs ?? this.options.retryForMs ?? 5_000;
      return await withRetry({ safe, forMs, signal }, () => attempt(signal));
    } finally {
      clearTimeout(timer);
      deadline.release();
    }
  }
}
