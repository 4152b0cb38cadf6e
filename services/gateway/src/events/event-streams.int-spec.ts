import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import {
  EventServiceClient,
  STREAMS,
  StreamEventsRequest,
  SUBJECTS,
  type Event,
  type StreamEventsResponse,
} from '@heddle/contracts';
import { fromServiceError } from '@heddle/platform/grpc-client';
import { describeWith } from '@heddle/testing';
import { GatewayFixture, reasonOf, until } from '../testing/gateway-fixture.js';
import { readSse, type SseItem } from '../testing/sse-reader.js';

await describeWith(['nats'], 'event streams', ({ nats }) => {
  let fixture: GatewayFixture;

  beforeAll(async () => {
    fixture = new GatewayFixture(nats);
    await fixture.start();
  });
  afterAll(() => fixture.stop());

  async function publish(type: string, id: string, revision: number, fields: object = {}): Promise<void> {
    const aggregate = type.split('.')[0] ?? '';
    const event = {
      specversion: '1.0',
      id: `${aggregate}-${id}-${revision}`,
      type: `heddle.v1.${type}`,
      source: 'heddle/scheduler',
      subject: `${aggregate === 'batch' ? 'batches' : `${aggregate}s`}/${id}`,
      time: '2026-01-01T00:00:00Z',
      revision: String(revision),
      traceparent: '',
      data: { [aggregate]: { id, revision: String(revision), ...fields } },
    };
    await jetstream(fixture.nc).publish(SUBJECTS.event(aggregate, id), JSON.stringify(event));
  }

  const sse = (query = '', headers: Record<string, string> = {}) =>
    fixture.fetch(`/v1/events${query}`, { headers: { accept: 'text/event-stream', ...headers } });
  const after = (count: number) => (items: readonly SseItem[]) => items.length >= count;
  const revisions = (items: readonly SseItem[]) =>
    items.map(({ data }) => Number((data as { revision: string }).revision));

  it('begin now, and resume after a cursor', async () => {
    const id = randomUUID();
    await publish('attempt.queued', id, 1);
    const response = await sse();
    await publish('attempt.running', id, 2);
    await publish('attempt.completed', id, 3);
    await publish('attempt.completed', id, 4);
    const items = await readSse(response, after(3));
    expect(revisions(items)).toEqual([2, 3, 4]);
    expect(items[0]?.data).toMatchObject({
      specversion: '1.0',
      type: 'heddle.v1.attempt.running',
      subject: `attempts/${id}`,
      data: { attempt: { id } },
      cursor: items[0]?.id,
    });
    expect(revisions(await readSse(await sse('', { 'last-event-id': String(items[0]?.id) }), after(2)))).toEqual([
      3, 4,
    ]);
    expect(revisions(await readSse(await sse(`?afterCursor=${items[1]?.id}`), after(1)))).toEqual([4]);
  });

  it('can be narrowed by batch and type', async () => {
    const [batch, other] = [randomUUID(), randomUUID()];
    const response = await sse(`?batchId=${batch}&types=attempt.completed&types=batch.*`);
    await publish('attempt.completed', randomUUID(), 1, { batchId: other });
    await publish('attempt.running', randomUUID(), 2, { batchId: batch });
    await publish('attempt.completed', randomUUID(), 3, { batchId: batch });
    await publish('batch.completed', other, 4);
    await publish('batch.completed', batch, 5);
    expect(revisions(await readSse(response, after(2)))).toEqual([3, 5]);
    const bad = await fixture.json('GET', '/v1/events?types=*', undefined, { accept: 'text/event-stream' });
    expect([bad.status, reasonOf(bad)]).toEqual([400, 'FIELD_INVALID']);
  });

  it('say that a cursor is of another life of the stream, or too old', async () => {
    const response = await sse();
    await publish('attempt.queued', randomUUID(), 1);
    await publish('attempt.queued', randomUUID(), 2);
    const items = await readSse(response, after(2));
    const [epoch, sequence] = String(items[0]?.id).split(':');
    const jsm = await jetstreamManager(fixture.nc);
    const { state } = await jsm.streams.info(STREAMS.events);
    for (const cursor of [`0${epoch}:${sequence}`, `${epoch}:${state.last_seq + 100}`, 'nonsense']) {
      const answer = await fixture.json('GET', `/v1/events?afterCursor=${cursor}`);
      expect([answer.status, reasonOf(answer)]).toEqual([400, 'CURSOR_EXPIRED']);
    }
    await jsm.streams.purge(STREAMS.events);
    expect(reasonOf(await fixture.json('GET', `/v1/events?afterCursor=${items[0]?.id}`))).toBe('CURSOR_EXPIRED');
    const newest = await sse(`?afterCursor=${epoch}:${state.last_seq}`);
    expect(newest.status).toBe(200);
    await newest.body?.cancel();
  });

  it('come in batches over gRPC, with what newer services add left out', async () => {
    const id = randomUUID();
    const jsm = await jetstreamManager(fixture.nc);
    await until(async () => (await jsm.streams.info(STREAMS.events)).state.consumer_count === 0);
    const call = fixture
      .client(EventServiceClient)
      .streamEvents(StreamEventsRequest.fromPartial({ types: ['attempt.*'] }), fixture.metadata());
    const events: Event[] = [];
    call.on('data', (answer: StreamEventsResponse) => events.push(...answer.events));
    const ended = new Promise((resolve) => call.on('error', resolve));
    await until(async () => (await jsm.streams.info(STREAMS.events)).state.consumer_count > 0);
    for (let revision = 1; revision <= 30; revision += 1)
      await publish('attempt.running', id, revision, { state: 'RUNNING', fromTheFuture: { a: 1 } });
    await until(() => events.length === 30);
    expect(events.map((event) => Number(event.revision))).toEqual(Array.from({ length: 30 }, (_, index) => index + 1));
    expect(events[0]).toMatchObject({ subject: `attempts/${id}`, data: { attempt: { id, state: 'RUNNING' } } });
    expect(events[0]?.cursor).toMatch(/^[0-9a-z]+:\d+$/);
    call.cancel();
    expect(fromServiceError(await ended).reason).toBe('CANCELLED');
    await until(async () => (await jsm.streams.info(STREAMS.events)).state.consumer_count === 0);
  });

  it('pass over a message that is no event', async () => {
    const id = randomUUID();
    const response = await sse();
    await jetstream(fixture.nc).publish(SUBJECTS.event('attempt', id), 'no json');
    await publish('attempt.running', id, 7);
    expect(revisions(await readSse(response, after(1)))).toEqual([7]);
  });

  it('miss nothing when NATS is killed', async () => {
    const id = randomUUID();
    const response = await sse('?types=attempt.*');
    const reading = readSse(response, after(20));
    for (let revision = 1; revision <= 10; revision += 1) await publish('attempt.running', id, revision);
    await nats.crash();
    for (let revision = 11; revision <= 20; revision += 1)
      await until(() =>
        publish('attempt.running', id, revision).then(
          () => true,
          () => false,
        ),
      );
    const seen = revisions(await reading);
    expect([...new Set(seen)]).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
  });
});
