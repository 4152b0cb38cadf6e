import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { HeddleClient } from '../heddle-client.js';
import type { LogLine } from '../models.js';
import { FakeServer, json, refusal, sse, type Answer } from '../testing/fake-server.js';

const OWNER = { kind: 'attempts', id: 'a1' } as const;
const line = (sequence: number): string =>
  `id: ${String(sequence)}\ndata: {"sequence":"${String(sequence)}","text":"line ${String(sequence)}"}\n\n`;
const END = 'event: end\ndata: {}\n\n';
const noContent: Answer = (response) => {
  response.writeHead(204).end();
};

describe('streams that resume', () => {
  const server = new FakeServer();
  let client: HeddleClient;

  beforeEach(async () => {
    await server.start();
    client = new HeddleClient({ url: server.url, token: 'secret' });
  });

  afterEach(async () => {
    await server.stop();
    server.seen.length = 0;
  });

  const follow = async (patienceMs?: number): Promise<string[]> => {
    const texts: string[] = [];
    const lines: AsyncIterable<LogLine> = client.logs.follow(OWNER, {}, patienceMs === undefined ? {} : { patienceMs });
    for await (const { text } of lines) texts.push(text);
    return texts;
  };

  it('follows a log to its end', async () => {
    server.next(sse(`: hello\n\n${line(1)}${line(2)}${END}`));
    expect(await follow()).toEqual(['line 1', 'line 2']);
    expect(server.seen[0]).toMatchObject({
      url: '/v1/attempts/a1/logs',
      headers: { accept: 'text/event-stream' },
    });
  });

  it('goes on behind the last line after a break, none missing and none doubled', async () => {
    server.next(sse(line(1) + line(2), 'BREAK'), sse(line(2) + line(3)), noContent);
    expect(await follow()).toEqual(['line 1', 'line 2', 'line 3']);
    expect(server.seen.map(({ headers }) => headers['last-event-id'])).toEqual([undefined, '2', '3']);
  });

  it('asks for the last lines only once', async () => {
    server.next(sse(line(8), 'BREAK'), sse(line(9) + END));
    const lines = client.logs.follow(OWNER, { tail: 1, streams: ['STDOUT'] });
    expect((await lines.next()).value).toMatchObject({ sequence: '8' });
    expect((await lines.next()).value).toMatchObject({ sequence: '9' });
    expect((await lines.next()).done).toBe(true);
    expect(server.seen.map(({ url }) => url)).toEqual([
      '/v1/attempts/a1/logs?tail=1&streams=STDOUT',
      '/v1/attempts/a1/logs?streams=STDOUT',
    ]);
  });

  it('waits for a server that restarts', async () => {
    server.next(sse(line(1), 'STAY'));
    const lines = client.logs.follow(OWNER);
    expect((await lines.next()).value).toMatchObject({ sequence: '1' });
    const next = lines.next();
    await server.stop();
    server.next(sse(line(2) + END));
    await server.start();
    expect((await next).value).toMatchObject({ sequence: '2' });
    expect((await lines.next()).done).toBe(true);
  });

  it('gives up on a server that stays away', async () => {
    await server.stop();
    await expect(follow(50)).rejects.toMatchObject({ name: 'HeddleConnectionError', failure: 'UNREACHABLE' });
    await server.start();
  });

  it('throws a refusal at once', async () => {
    server.next(refusal(404, 'ATTEMPT_NOT_FOUND', { code: 5 }));
    await expect(follow()).rejects.toMatchObject({ reason: 'ATTEMPT_NOT_FOUND' });
  });

  it('throws a failure inside the stream, and resumes where it may be repeated', async () => {
    const failure = (reason: string, retry: string): string =>
      `event: failure\ndata: {"code":8,"message":"m","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"${reason}"}${retry}]}\n\n`;
    const retry = ',{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"0.01s"}';
    server.next(sse(line(1) + failure('SLOW_READER', retry)), sse(line(2) + failure('CURSOR_EXPIRED', '')));
    const lines = client.logs.follow(OWNER);
    expect((await lines.next()).value).toMatchObject({ sequence: '1' });
    expect((await lines.next()).value).toMatchObject({ sequence: '2' });
    await expect(lines.next()).rejects.toMatchObject({ reason: 'CURSOR_EXPIRED' });
  });

  it('lets go of the connection when the reader stops', async () => {
    let closed: (() => void) | undefined;
    const gone = new Promise<void>((resolve) => (closed = resolve));
    server.next(async (response, request) => {
      response.on('close', () => closed?.());
      await sse(line(1), 'STAY')(response, request);
    });
    for await (const _line of client.logs.follow(OWNER)) break;
    await gone;
  });

  it('moves the cursor of events also by frames without data', async () => {
    const event = 'id: e:2\ndata: {"type":"heddle.v1.attempt.queued"}\n\n';
    server.next(sse('id: e:1\n\n', 'BREAK'), sse(event + END));
    const types: string[] = [];
    for await (const { type } of client.events.stream({ batchId: 'b', types: ['attempt.*'] })) types.push(type);
    expect(types).toEqual(['heddle.v1.attempt.queued']);
    expect(server.seen.map(({ url, headers }) => [url, headers['last-event-id']])).toEqual([
      ['/v1/events?batchId=b&types=attempt.*', undefined],
      ['/v1/events?batchId=b&types=attempt.*', 'e:1'],
    ]);
  });

  it('follows a batch from snapshot to snapshot, each change once', async () => {
    const states = ['QUEUED', 'QUEUED', 'RUNNING', 'COMPLETED'];
    const answer: Answer = (response, request) => {
      if (request.url.startsWith('/v1/events')) return sse('data: {}\n\n', 'STAY')(response, request);
      const batch = { id: 'b', state: states.shift() };
      return json(batch)(response, request);
    };
    server.next(answer, answer, answer, answer, answer);
    const seen: string[] = [];
    for await (const batch of client.followBatch('b', { everyMs: 1, lookAgainMs: 20 })) seen.push(batch.state);
    expect(seen).toEqual(['QUEUED', 'RUNNING', 'COMPLETED']);
  });
});
