import { errorFromStatus, parseObject } from '../errors/parse-status.js';
import { HeddleConnectionError } from '../errors/heddle-connection.error.js';
import { delay } from '../http/delay.js';
import { linkSignal, type LinkedSignal } from '../http/linked-signal.js';
import { pauseBeforeRetry } from '../http/retry.js';
import type { HttpCall, Transport } from '../http/transport.js';
import { SseParser, type SseFrame } from './sse-parser.js';

export interface StreamOptions {
  readonly signal?: AbortSignal | undefined;
  /** How long a server that is away is waited for, in milliseconds since it was last heard. @defaultValue 60000 */
  readonly patienceMs?: number;
  /** Called each time a connection stands, also after a break: from here on nothing is missed, so this is the time to look. */
  readonly onOpen?: () => void;
}

/** The server sends a comment every 15 s: three missed ones mean that nobody is there, even if the socket is open. */
const SILENCE_MS = 45_000;

/**
 * The frames of a server-sent stream to its end (`event: end`), over as many connections as it takes: after a break it goes
 * on behind the last id. Ends quietly when the server says that there is nothing more (204).
 * @param firstOnly query parameters that would be wrong on a resumed connection: they speak of what was there at the start
 * @throws {HeddleApiError} the server refused, or the stream failed for good
 * @throws {HeddleConnectionError} the server stayed away longer than `patienceMs`
 */
export async function* resumingStream(
  transport: Transport,
  call: HttpCall,
  options: StreamOptions,
  firstOnly: readonly string[] = [],
): AsyncGenerator<SseFrame & { readonly data: string }, void, undefined> {
  const patienceMs = options.patienceMs ?? 60_000;
  let lastId = '';
  let lastHeard = performance.now();
  for (let tries = 1; ; tries += 1) {
    const connection = new Connection(transport, options.signal);
    try {
      const body = await connection.open(lastId === '' ? call : resumed(call, lastId, firstOnly));
      if (body === null) return;
      options.onOpen?.();
      for await (const frame of connection.frames(body)) {
        tries = 0;
        if (frame.id !== '') lastId = frame.id;
        if (frame.event === 'end') return;
        if (frame.event === 'failure') throw errorFromStatus(parseObject(frame.data ?? '') ?? {}, 200);
        if (frame.event === 'message' && frame.data !== undefined) yield { ...frame, data: frame.data };
      }
      throw new HeddleConnectionError('INTERRUPTED', transport.url, `The stream from ${transport.url} broke off`);
    } catch (error) {
      options.signal?.throwIfAborted();
      lastHeard = Math.max(lastHeard, connection.heardAt);
      const pause = pauseBeforeRetry(error, Math.max(tries, 1), { safe: true });
      if (pause === undefined || performance.now() + pause - lastHeard > patienceMs) throw error;
      await delay(pause, options.signal);
    } finally {
      connection.close();
    }
  }
}

function resumed(call: HttpCall, lastId: string, firstOnly: readonly string[]): HttpCall {
  const query = Object.fromEntries(Object.entries(call.query ?? {}).filter(([key]) => !firstOnly.includes(key)));
  return { ...call, query, headers: { ...call.headers, 'last-event-id': lastId } };
}

/** One HTTP connection of a stream, which ends by itself when the server falls silent. */
class Connection {
  private readonly ending: LinkedSignal;
  private silence: ReturnType<typeof setTimeout> | undefined;
  /** When the server last gave a sign of life, a comment included; 0: never. */
  heardAt = 0;

  constructor(
    private readonly transport: Transport,
    outer: AbortSignal | undefined,
  ) {
    this.ending = linkSignal(outer);
  }

  /** @returns null: the server has nothing more for this reader */
  async open(call: HttpCall): Promise<ReadableStream<Uint8Array> | null> {
    this.watch();
    const response = await this.transport.send({ ...call, accept: 'text/event-stream' }, this.ending.signal);
    this.heard();
    if (response.status === 204) return null;
    return response.body;
  }

  async *frames(body: ReadableStream<Uint8Array>): AsyncGenerator<SseFrame, void, undefined> {
    const parser = new SseParser();
    for await (const piece of this.transport.pieces(body, this.ending.signal)) {
      this.heard();
      yield* parser.push(piece);
    }
  }

  close(): void {
    clearTimeout(this.silence);
    this.ending.release();
    this.ending.abort();
  }

  private heard(): void {
    this.heardAt = performance.now();
    this.watch();
  }

  private watch(): void {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => {
      const message = `Nothing was heard from ${this.transport.url} for ${String(SILENCE_MS / 1000)} s`;
      this.ending.abort(new HeddleConnectionError('INTERRUPTED', this.transport.url, message));
    }, SILENCE_MS);
  }
}
