import {
  AgentActivity,
  LogLine_Stream,
  StreamActivitiesRequest,
  StreamLogsRequest,
  type LogLine,
} from '@heddle/contracts';
import { toCanonicalJson } from '@heddle/contracts/json';
import { writeAtReadersPace } from '../dispatch/slow-reader.js';
import { lineJson } from '../logs/line-json.js';
import { activityQuery, lineQuery } from '../logs/log-filter.js';
import type { LogQuery, LogReader, OpenLog } from '../logs/log-reader.js';
import type { Exchange } from './exchange.js';
import { SseResponse } from './sse-response.js';
import type { StreamRenderer } from './stream-renderer.js';

/** How records of a log are written. */
interface RecordForm<T> {
  readonly contentType: string;
  /** Of what is there so far. */
  printed(record: T): readonly Buffer[];
  /** Of an event. */
  json(record: T): string;
}

const NEWLINE = Buffer.from('\n');
const PLATFORM_MARK = Buffer.from('[heddle] ');

const LINES: RecordForm<LogLine> = {
  contentType: 'text/plain; charset=utf-8',
  printed: (line) => {
    const bytes = line.raw ?? Buffer.from(line.text);
    return line.stream === LogLine_Stream.SYSTEM ? [PLATFORM_MARK, bytes, NEWLINE] : [bytes, NEWLINE];
  },
  json: lineJson,
};

const ACTIVITIES: RecordForm<AgentActivity> = {
  contentType: 'application/x-ndjson; charset=utf-8',
  printed: (activity) => [Buffer.from(activityJson(activity)), NEWLINE],
  json: activityJson,
};

/** Logs over REST: text of what is there so far, or server-sent events up to the end. */
export function logRenderer(reader: LogReader): StreamRenderer {
  return async (exchange) => {
    await render(reader, lineQuery(StreamLogsRequest.decode(exchange.call.request)), LINES, exchange);
  };
}

/** Activities over REST: a JSON text each of what is there so far, or server-sent events up to the end. */
export function activityRenderer(reader: LogReader): StreamRenderer {
  return async (exchange) => {
    await render(reader, activityQuery(StreamActivitiesRequest.decode(exchange.call.request)), ACTIVITIES, exchange);
  };
}

async function render<T extends { readonly sequence: string }>(
  reader: LogReader,
  query: LogQuery<T>,
  form: RecordForm<T>,
  exchange: Exchange,
): Promise<void> {
  const { headers } = exchange.request;
  if (headers.accept?.includes('text/event-stream') !== true) {
    await soFar(await reader.open(query, exchange.call.signal), form, exchange);
    return;
  }
  const resumed = headers['last-event-id'];
  const afterSequence = typeof resumed === 'string' && /^\d{1,15}$/.test(resumed) ? resumed : query.afterSequence;
  const log = await reader.open({ ...query, afterSequence, follow: true }, exchange.call.signal);
  if (log.finished && resumed !== undefined) exchange.response.writeHead(204).end();
  else await events(log, form, exchange, afterSequence);
}

async function soFar<T>(log: OpenLog<T>, form: RecordForm<T>, { response, call }: Exchange): Promise<void> {
  response.writeHead(200, { 'content-type': form.contentType, 'heddle-log-complete': String(log.complete) });
  for await (const { records } of log.batches) {
    if (records.length > 0)
      await writeAtReadersPace(response, Buffer.concat(records.flatMap((record) => form.printed(record))), call.signal);
  }
  call.signal.throwIfAborted();
  response.end();
}

async function events<T extends { readonly sequence: string }>(
  log: OpenLog<T>,
  form: RecordForm<T>,
  { response, call }: Exchange,
  after: string,
): Promise<void> {
  const sse = new SseResponse(response, call.signal);
  let last = after;
  for await (const { records } of log.batches) {
    await sse.send(records.map((record) => ({ id: record.sequence, json: form.json(record) })));
    last = records.at(-1)?.sequence ?? last;
  }
  call.signal.throwIfAborted();
  sse.end(last);
}

function activityJson(activity: AgentActivity): string {
  return JSON.stringify(toCanonicalJson('heddle.v1.AgentActivity', AgentActivity, activity));
}
