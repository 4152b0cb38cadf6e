import type { ServerResponse } from 'node:http';
import { writeAtReadersPace } from '../dispatch/slow-reader.js';

const COMMENT_MS = 15_000;
const CONTENT_TYPE = 'text/event-stream; charset=utf-8';

/** A server-sent event stream. Data have no event name; `id` is the cursor to resume from. */
export class SseResponse {
  constructor(
    private readonly response: ServerResponse,
    private readonly signal: AbortSignal,
  ) {
    response.writeHead(200, {
      'content-type': CONTENT_TYPE,
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    });
    response.flushHeaders();
    const alive = setInterval(() => {
      if (!response.writableEnded && !response.writableNeedDrain) response.write(':\n\n');
    }, COMMENT_MS);
    response.once('close', () => clearInterval(alive));
  }

  /** One or more items at once; each is `id` and one line of JSON. */
  async send(items: readonly { readonly id: string; readonly json: string }[]): Promise<void> {
    if (items.length === 0) return;
    const text = items.map(({ id, json }) => `id: ${id}\ndata: ${json}\n\n`).join('');
    await writeAtReadersPace(this.response, text, this.signal);
  }

  /** Nothing will follow; a reconnect from here gets 204. */
  end(id: string): void {
    this.response.end(`id: ${id}\nevent: end\ndata: {}\n\n`);
  }
}

/** Ends a stream that has begun with the reason why. @param status `google.rpc.Status` as JSON */
export function failSse(response: ServerResponse, status: unknown): void {
  response.end(`event: failure\ndata: ${JSON.stringify(status)}\n\n`);
}

export function isSse(response: ServerResponse): boolean {
  return response.headersSent && response.getHeader('content-type') === CONTENT_TYPE;
}
