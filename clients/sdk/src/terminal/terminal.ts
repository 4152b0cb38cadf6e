import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { createWebSocketStream, WebSocket } from 'ws';
import { HeddleConnectionError } from '../errors/heddle-connection.error.js';
import { errorFromAnswer, errorFromStatus, parseObject } from '../errors/parse-status.js';
import { connectionError } from '../http/connection-failure.js';

/** In characters. */
export interface WindowSize {
  readonly columns: number;
  readonly rows: number;
}

export interface TerminalOptions {
  /** @defaultValue the sandbox's shell */
  readonly command?: readonly string[];
  /** Of the terminal that the program runs in; absent: none, its input and outputs are pipes. */
  readonly window?: WindowSize | undefined;
  /** Ends the program. */
  readonly signal?: AbortSignal;
}

/** What the program wrote; `ERROR` only where it has no terminal, which mixes both. */
export interface TerminalOutput {
  readonly stream: 'OUTPUT' | 'ERROR';
  readonly data: Uint8Array;
}

/** A program that runs in a throw-away copy of a kept sandbox; it ends with the connection. */
export class Terminal {
  private ended: number | undefined;

  private constructor(
    private readonly url: string,
    private readonly socket: WebSocket,
    private readonly stream: Duplex,
  ) {}

  /**
   * @param url of the WebSocket, with its query
   * @throws {HeddleApiError} the server refused
   * @throws {HeddleConnectionError} no answer
   */
  static async open(url: string, token: string | undefined, signal: AbortSignal | undefined): Promise<Terminal> {
    signal?.throwIfAborted();
    const socket = new WebSocket(url, {
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      followRedirects: false,
      perMessageDeflate: false,
    });
    const end = (): void => {
      socket.terminate();
    };
    signal?.addEventListener('abort', end, { once: true });
    socket.once('close', () => signal?.removeEventListener('abort', end));
    // From the first moment on: the first frames may come with the answer.
    const stream = createWebSocketStream(socket, { readableObjectMode: true, decodeStrings: false });
    try {
      await opened(socket, stream);
    } catch (error) {
      signal?.throwIfAborted();
      throw error instanceof Error && error.name.startsWith('Heddle') ? error : connectionError(url, error);
    }
    return new Terminal(url, socket, stream);
  }

  /** Undefined before the end of `output`. */
  get exitCode(): number | undefined {
    return this.ended;
  }

  /**
   * Everything up to the program's end; to be read once.
   * @throws {HeddleApiError} the server closed it: TERMINAL_CLOSED, its metadata's `cause` says why
   * @throws {HeddleConnectionError} the connection broke
   */
  async *output(): AsyncGenerator<TerminalOutput, void, undefined> {
    try {
      for await (const frame of this.stream as AsyncIterable<Buffer | string>) {
        if (typeof frame !== 'string') yield { stream: 'OUTPUT', data: frame };
        else {
          const message = parseObject(frame) ?? {};
          if (typeof message['exitCode'] === 'number') {
            this.ended = message['exitCode'];
            return;
          }
          if (typeof message['errorOutput'] === 'string')
            yield { stream: 'ERROR', data: Buffer.from(message['errorOutput'], 'base64') };
          if (Array.isArray(message['details'])) throw errorFromStatus(message, 0);
        }
      }
    } catch (error) {
      throw error instanceof Error && error.name.startsWith('Heddle') ? error : connectionError(this.url, error);
    } finally {
      this.close();
    }
    throw new HeddleConnectionError('INTERRUPTED', this.url, 'The connection ended before the program did');
  }

  /** Resolves when there is room for more. What comes after the end goes nowhere. */
  async write(input: Uint8Array): Promise<void> {
    await this.send(Buffer.from(input));
  }

  async resize(window: WindowSize): Promise<void> {
    await this.send(JSON.stringify({ resize: window }));
  }

  /** Nothing more will be written. */
  async endInput(): Promise<void> {
    await this.send(JSON.stringify({ endOfInput: true }));
  }

  /** Ends the program, if it has not ended. */
  close(): void {
    this.socket.close();
    this.stream.destroy();
  }

  private async send(frame: Buffer | string): Promise<void> {
    if (!this.stream.writable || this.stream.write(frame)) return;
    await Promise.race([once(this.stream, 'drain'), once(this.stream, 'close')]).catch(() => undefined);
  }
}

/** Rejects with what the server answered instead. */
function opened(socket: WebSocket, stream: Duplex): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('open', resolve);
    // Also later errors have somebody who hears them; who reads gets them.
    stream.on('error', reject);
    socket.once('unexpected-response', (request, response: IncomingMessage) => {
      text(response)
        .then((body) => {
          reject(errorFromAnswer(response.statusCode ?? 0, body, response.headers['retry-after'] ?? null));
        }, reject)
        .finally(() => request.destroy());
    });
  });
}
