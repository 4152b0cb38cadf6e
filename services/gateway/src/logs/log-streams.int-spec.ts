import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { jetstreamManager } from '@nats-io/jetstream';
import {
  Attempt,
  Attempt_State,
  EventServiceClient,
  Job,
  Job_State,
  LogLine_Phase,
  LogLine_Stream,
  STREAMS,
  StreamLogsRequest,
  SUBJECTS,
  type StreamLogsResponse,
} from '@heddle/contracts';
import { fromServiceError } from '@heddle/platform/grpc-client';
import { describeWith } from '@heddle/testing';
import { GatewayFixture, reasonOf, until } from '../testing/gateway-fixture.js';
import { LogWriter, texts } from '../testing/log-writer.js';
import { readSse, type SseItem } from '../testing/sse-reader.js';

const EVENTS = { accept: 'text/event-stream' };

await describeWith(['nats'], 'log streams', ({ nats }) => {
  let fixture: GatewayFixture;

  beforeAll(async () => {
    fixture = new GatewayFixture(nats);
    await fixture.start();
  });
  afterAll(() => fixture.stop());

  function writer(attempt: Partial<Attempt> = { state: Attempt_State.RUNNING }): LogWriter {
    const id = randomUUID();
    fixture.services.attempts.set(id, Attempt.fromPartial({ id, startTime: new Date(), ...attempt } as never));
    return new LogWriter(fixture.nc, id);
  }

  /** As when an attempt ends: its state first, then the end of its log. */
  async function over(log: LogWriter, last: readonly string[] = []): Promise<void> {
    const attempt = fixture.services.attempts.get(log.id);
    if (attempt !== undefined) Object.assign(attempt, { state: Attempt_State.COMPLETED, endTime: new Date() });
    await log.write(last, true);
  }

  const path = (log: LogWriter, query = '') => `/v1/attempts/${log.id}/logs${query}`;
  const sse = (log: LogWriter, query = '', headers: Record<string, string> = {}) =>
    fixture.fetch(path(log, query), { headers: { ...EVENTS, ...headers } });
  const lines = (items: readonly SseItem[]) =>
    items.filter(({ event }) => event === undefined).map(({ data }) => (data as { text: string }).text);
  const ids = (items: readonly SseItem[]) =>
    items.filter(({ event }) => event === undefined).map(({ id }) => Number(id));

  async function consumers(): Promise<number> {
    return (await (await jetstreamManager(fixture.nc)).streams.info(STREAMS.logs)).state.consumer_count;
  }

  it('give every line once, in order, then the end; a reconnect from there gets 204', async () => {
    const log = writer();
    await log.write(texts(3));
    const reading = sse(log).then((response) => readSse(response));
    await log.write(texts(2, 4));
    await over(log);
    const items = await reading;
    expect(lines(items)).toEqual(texts(5));
    expect(ids(items)).toEqual([1, 2, 3, 4, 5]);
    expect(items.at(-1)).toEqual({ id: '5', event: 'end', data: {} });
    expect(items[0]?.data).toEqual({
      sequence: '1',
      time: '2023-11-14T22:13:20Z',
      stream: 'STDOUT',
      phase: 'AGENT',
      check: '',
      text: 'line 1',
    });
    expect((await sse(log, '', { 'last-event-id': '5' })).status).toBe(204);
    await until(async () => (await consumers()) === 0);
  });

  it('of a job are read like those of an attempt, and end where it ended before it ran', async () => {
    const id = randomUUID();
    fixture.services.jobs.set(id, Job.fromPartial({ id, startTime: new Date(), state: Job_State.RUNNING }));
    const log = new LogWriter(fixture.nc, id);
    await log.write(texts(2));
    const reading = fixture.fetch(`/v1/jobs/${id}/logs`, { headers: EVENTS }).then((response) => readSse(response));
    Object.assign(fixture.services.jobs.get(id) ?? {}, { state: Job_State.FAILED, endTime: new Date() });
    await log.write(texts(1, 3), true);
    const items = await reading;
    expect(lines(items)).toEqual(texts(3));
    expect(items.at(-1)).toMatchObject({ event: 'end' });
    const text = await fixture.fetch(`/v1/jobs/${id}/logs`);
    expect([await text.text(), text.headers.get('heddle-log-complete')]).toEqual([`${texts(3).join('\n')}\n`, 'true']);
    const never = randomUUID();
    fixture.services.jobs.set(never, Job.fromPartial({ id: never, state: Job_State.CANCELLED, endTime: new Date() }));
    const none = await readSse(await fixture.fetch(`/v1/jobs/${never}/logs`, { headers: EVENTS }));
    expect(none).toMatchObject([{ event: 'end' }]);
  });

  it('of a trial are read like those of a job', async () => {
    const id = randomUUID();
    const trial = { id, state: 'RAN', startTime: new Date(), endTime: new Date() };
    fixture.services.trials.set(id, trial);
    await new LogWriter(fixture.nc, id).write(texts(2), true);
    const text = await fixture.fetch(`/v1/trials/${id}/logs`);
    expect([await text.text(), text.headers.get('heddle-log-complete')]).toEqual([`${texts(2).join('\n')}\n`, 'true']);
  });

  it('resume after a line, by header or query, in the middle of a batch', async () => {
    const log = writer();
    for (let index = 0; index < 40; index += 1) await log.write(texts(25, index * 25 + 1));
    await over(log);
    for (const after of [0, 1, 24, 25, 26, 499, 500, 999, 1000]) {
      expect(ids(await readSse(await sse(log, `?afterSequence=${after}`)))).toEqual(
        texts(1000 - after).map((_, index) => after + index + 1),
      );
    }
    expect(ids(await readSse(await sse(log, '?afterSequence=3', { 'last-event-id': '990' })))).toEqual([
      991, 992, 993, 994, 995, 996, 997, 998, 999, 1000,
    ]);
  });

  it('resume when logs of others lie between', async () => {
    const [log, other] = [writer(), writer()];
    for (let index = 0; index < 30; index += 1) {
      await other.write(texts(3));
      await log.write(texts(1, index + 1));
      await other.write(texts(4));
    }
    await over(log);
    for (let after = 0; after <= 30; after += 1)
      expect(ids(await readSse(await sse(log, `?after_sequence=${after}`)))).toEqual(
        texts(30 - after).map((_, index) => after + index + 1),
      );
  });

  it('drop what a writer repeated', async () => {
    const log = writer();
    await log.write(texts(3));
    await log.repeat(2, texts(4, 2));
    await over(log);
    expect(lines(await readSse(await sse(log)))).toEqual(texts(5));
  });

  it('never pass over lines that are gone', async () => {
    const log = writer();
    await log.write(texts(2));
    log.skip(3);
    await log.write(texts(2, 6));
    const items = await readSse(await sse(log));
    expect(lines(items)).toEqual(texts(2));
    expect(items.at(-1)).toMatchObject({
      event: 'failure',
      data: { details: [{ reason: 'CURSOR_EXPIRED', metadata: { firstSequence: '6' } }] },
    });
    expect(await fixture.json('GET', path(log, '?afterSequence=-1'))).toMatchObject({ status: 400 });
  });

  it('are text of what is there so far, as it was printed, and say whether that is all', async () => {
    const log = writer();
    await log.write([
      { stream: LogLine_Stream.SYSTEM, text: 'starting' },
      'hello',
      { stream: LogLine_Stream.STDERR, text: '\ufffd', raw: Buffer.from([0xff]) },
    ]);
    const first = await fixture.fetch(path(log));
    expect([first.headers.get('content-type'), first.headers.get('heddle-log-complete')]).toEqual([
      'text/plain; charset=utf-8',
      'false',
    ]);
    expect(Buffer.from(await first.arrayBuffer())).toEqual(
      Buffer.concat([Buffer.from('[heddle] starting\nhello\n'), Buffer.from([0xff, 0x0a])]),
    );
    await over(log);
    expect((await fixture.fetch(path(log, '?tail=1'))).headers.get('heddle-log-complete')).toBe('true');
    const empty = await fixture.fetch(path(writer()));
    expect([empty.status, await empty.text()]).toEqual([200, '']);
  });

  it('can be narrowed by stream, phase, check and tail', async () => {
    const log = writer();
    const check = (name: string, text: string) => ({ phase: LogLine_Phase.CHECK, check: name, text });
    await log.write([
      'a',
      { stream: LogLine_Stream.STDERR, text: 'b' },
      check('unit', 'c'),
      check('lint', 'd'),
      'e',
      check('unit', 'f'),
    ]);
    await over(log);
    const text = async (query: string) => (await (await fixture.fetch(path(log, query))).text()).split('\n').join('');
    expect(await text('?streams=STDERR')).toBe('b');
    expect(await text('?phases=CHECK')).toBe('cdf');
    expect(await text('?check=unit')).toBe('cf');
    expect(await text('?tail=2')).toBe('ef');
    expect(await text('?tail=1&check=unit')).toBe('f');
    expect(await text('?tail=99')).toBe('abcdef');
    expect(ids(await readSse(await sse(log, '?tail=2&phases=AGENT')))).toEqual([2, 5]);
  });

  it('say that nobody of that name has a log', async () => {
    const answer = await fixture.json('GET', `/v1/attempts/${randomUUID()}/logs`);
    expect([answer.status, reasonOf(answer)]).toEqual([404, 'OWNER_NOT_FOUND']);
    const answerSse = await fixture.json('GET', `/v1/landings/${randomUUID()}/logs`, undefined, EVENTS);
    expect([answerSse.status, reasonOf(answerSse)]).toEqual([404, 'OWNER_NOT_FOUND']);
    expect((await fixture.json('GET', '/v1/attempts/a.*/logs')).status).toBe(400);
  });

  it('end for an attempt that was cancelled before anything ran', async () => {
    const log = writer({ state: Attempt_State.CANCELLED, startTime: undefined });
    const items = await readSse(await sse(log));
    expect(items).toEqual([{ id: '0', event: 'end', data: {} }]);
  });

  it('go on behind an end when another turn followed', async () => {
    const log = writer();
    await log.write(texts(2), true);
    await over(log, texts(2, 3));
    expect(lines(await readSse(await sse(log)))).toEqual(texts(4));
  });

  it('go on behind the end of a claim that broke', async () => {
    const log = writer();
    await log.write(texts(2), true);
    const text = await fixture.fetch(path(log));
    expect([text.headers.get('heddle-log-complete'), await text.text()]).toEqual(['false', 'line 1\nline 2\n']);
    const reading = sse(log, '', { 'last-event-id': '2' }).then((response) => readSse(response));
    await until(async () => (await consumers()) === 1);
    await log.write(texts(2, 3));
    await over(log);
    expect(ids(await reading)).toEqual([3, 4]);
  });

  it('are whole over gRPC too, followed or not', async () => {
    const log = writer();
    await log.write(texts(10));
    const client = fixture.client(EventServiceClient);
    const open = (request: Partial<StreamLogsRequest>) =>
      client.streamLogs(StreamLogsRequest.fromPartial({ id: log.id, ...request }), fixture.metadata());
    const read = async (request: Partial<StreamLogsRequest>) => {
      const answers: StreamLogsResponse[] = [];
      for await (const answer of open(request)) answers.push(answer as StreamLogsResponse);
      return {
        texts: answers.flatMap((answer) => answer.lines.map((line) => line.text)),
        complete: answers.at(-1)?.complete,
      };
    };
    expect(await read({ afterSequence: '4' })).toEqual({ texts: texts(6, 5), complete: false });
    const following = read({ follow: true });
    await log.write(texts(5, 11));
    await over(log);
    expect(await following).toEqual({ texts: texts(15), complete: true });
    await expect(
      read({ id: randomUUID() }).catch((error: unknown) => Promise.reject(fromServiceError(error))),
    ).rejects.toMatchObject({ reason: 'OWNER_NOT_FOUND' });
  });

  it('serve ten readers that come and go at their own times', async () => {
    const log = writer();
    const readers = Array.from({ length: 10 }, async (_, index) => readSse(await sse(log, `?afterSequence=${index}`)));
    for (let index = 0; index < 100; index += 1) await log.write(texts(20, index * 20 + 1));
    await over(log);
    for (const [index, items] of (await Promise.all(readers)).entries())
      expect(ids(items)).toEqual(texts(2000 - index).map((_, offset) => index + offset + 1));
    await until(async () => (await consumers()) === 0);
  });

  it('go on across a restart of the gateway, without a line missing or doubled', async () => {
    const log = writer();
    const seen: number[] = [];
    const reading = (async () => {
      for (;;) {
        const response = await sse(log, '', seen.length > 0 ? { 'last-event-id': String(seen.at(-1)) } : {}).catch(
          () => undefined,
        );
        if (response === undefined) continue;
        const items = await readSse(response).catch(() => []);
        seen.push(...ids(items));
        if (items.some(({ event }) => event === 'end') || response.status === 204) return;
        expect(items.at(-1)).toMatchObject({ event: 'failure', data: { details: [{ reason: 'SHUTTING_DOWN' }, {}] } });
      }
    })();
    await log.write(texts(50));
    await until(async () => (await consumers()) === 1);
    await fixture.restart();
    await log.write(texts(50, 51));
    await fixture.restart();
    await over(log, texts(50, 101));
    await reading;
    expect(seen).toEqual(texts(150).map((_, index) => index + 1));
  });

  it('go on across a kill of NATS', async () => {
    const log = writer();
    await log.write(texts(10));
    const reading = sse(log).then((response) => readSse(response));
    await until(async () => (await consumers()) === 1);
    await nats.crash();
    await until(() =>
      log.write(texts(10, 11)).then(
        () => true,
        () => false,
      ),
    );
    await over(log);
    expect(ids(await reading)).toEqual(texts(20).map((_, index) => index + 1));
  });

  it('do not hold up the gateway when it stops', async () => {
    const log = writer();
    await log.write(texts(1));
    const open = await Promise.all([sse(log), sse(log), fixture.fetch('/v1/events', { headers: EVENTS })]);
    const grpc = fixture
      .client(EventServiceClient)
      .streamLogs(StreamLogsRequest.fromPartial({ id: log.id, follow: true }), fixture.metadata());
    const ended = new Promise((resolve) => grpc.on('error', resolve));
    grpc.resume();
    await new Promise((resolve) => grpc.once('data', resolve));
    await fixture.restart();
    for (const response of open)
      expect((await readSse(response)).at(-1)).toMatchObject({
        event: 'failure',
        data: { details: [{ reason: 'SHUTTING_DOWN' }, {}] },
      });
    expect(fromServiceError(await ended)).toMatchObject({ reason: 'SHUTTING_DOWN' });
  });

  it('purged of its messages, say what is the first line that is left', async () => {
    const log = writer();
    for (let index = 0; index < 5; index += 1) await log.write(texts(2, index * 2 + 1));
    const jsm = await jetstreamManager(fixture.nc);
    await jsm.streams.purge(STREAMS.logs, { filter: SUBJECTS.log(log.id), keep: 2 });
    expect(await fixture.json('GET', path(log, '?afterSequence=2'), undefined, {}).catch(() => 'broken')).toBe(
      'broken',
    );
    expect((await readSse(await sse(log, '?afterSequence=2'))).at(-1)).toMatchObject({
      event: 'failure',
      data: { details: [{ metadata: { firstSequence: '7' } }] },
    });
    expect(await (await fixture.fetch(path(log, '?afterSequence=6'))).text()).toBe('line 7\nline 8\nline 9\nline 10\n');
  });
});
