import { LogLine_Stream, StreamLogsRequest, type LogLine } from '@heddle/contracts';
import { writeAtReadersPace } from '../dispatch/slow-reader.js';
import { lineJson } from '../logs/line-json.js';
import type { LogReader, OpenLog } from '../logs/log-reader.js';
import type { Exchange } from './exchange.js';
import { SseResponse } from './sse-response.js';
import type { StreamRenderer } from './stream-renderer.js';

const NEWLINE = Buffer.from('\n');
const PLATFORM_MARK = Buffer.from('[heddle] ');

/** Logs over REST: text of what is there so far, or server-sent events up to the end. */
export function logRenderer(reader: LogReader): StreamRenderer {
  return async (exchange) => {
    const request = StreamLogsRequest.decode(exchange.call.request);
    const { headers } = exchange.request;
    if (headers.accept?.includes('text/event-stream') !== true)
      return text(await reader.open(request, exchange.call.signal), exchange);
    const resumed = headers['last-event-id'];
    const afterSequence = typeof resumed === 'string' && /^\d{1,15}$/.test(resumed) ? resumed : request.afterSequence;
    const log = await reader.open({ ...request, afterSequence, follow: true }, exchange.call.signal);
    if (log.finished && resumed !== undefined) {
      exchange.response.writeHead(204).end();
      return undefined;
    }
    return events(log, exchange, afterSequence);
  };
}

async function text(log: OpenLog, { response, call }: Exchange): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8', 'heddle-log-complete': String(log.complete) });
  for await (const { lines } of log.batches) {
    if (lines.length > 0) await writeAtReadersPace(response, Buffer.concat(lines.flatMap(printed)), call.signal);
  }
  call.signal.throwIfAborted();
  response.end();
}

async function events(log: OpenLog, { response, call }: Exchange, after: string): Promise<void> {
  const sse = new SseResponse(response, call.signal);
  let last = after;
  for await (const { lines } of log.batches) {
    await sse.send(lines.map((line) => ({ id: line.sequence, json: lineJson(line) })));
    last = lines.at(-1)?.sequence ?? last;
  }
  call.signal.throwIfAborted();
  sse.end(last);
}

function printed(line: LogLine): Buffer[] {
  const bytes = line.raw ?? Buffer.from(line.text);
  return line.stream === LogLine_Stream.SYSTEM ? [PLATFORM_MARK, bytes, NEWLINE] : [bytes, NEWLINE];
}
