import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { STREAMS, SUBJECTS } from '@heddle/contracts';
import { describeWith, type TestDatabase } from '@heddle/testing';
import type { DataSource } from 'typeorm';
import { connectNats } from '../messaging/connect-nats.js';
import { ensureStreams } from '../messaging/ensure-streams.js';
import { migrate } from '../persistence/migrate.js';
import { freshSchema, outboxDataSource, silent } from '../spec-support/outbox-fixture.js';
import { appendEvent, appendEvents } from './append-event.js';
import { OutboxRelay } from './outbox-relay.js';

interface Delivered {
  readonly revision: string;
  readonly type: string;
  readonly subject: string;
  readonly data: unknown;
}

await describeWith(['postgres', 'nats'], 'OutboxRelay', ({ postgres, nats }) => {
  let database: TestDatabase;
  let schema: string;
  let source: DataSource;
  let nc: NatsConnection;
  let jsm: JetStreamManager;
  const relays: OutboxRelay[] = [];

  beforeAll(async () => {
    database = await postgres.database();
  });
  afterAll(() => database.drop());

  beforeEach(async () => {
    schema = freshSchema();
    source = outboxDataSource(database.url, schema);
    await migrate(source);
    nc = await connectNats({ url: nats.url, token: nats.token, name: 'test', logger: silent });
    await ensureStreams(nc);
    jsm = await jetstreamManager(nc);
  });

  afterEach(async () => {
    await Promise.all(relays.splice(0).map((relay) => relay.stop()));
    await nc.close();
    await source.destroy();
  });

  function startRelay(): OutboxRelay {
    const relay = new OutboxRelay({ url: database.url, schema, nc, logger: silent });
    relays.push(relay);
    relay.start();
    return relay;
  }

  function append(id: string, version: number): Promise<void> {
    return source.transaction((manager) =>
      appendEvent(manager, {
        aggregate: 'batch',
        id,
        version,
        type: 'batch.queued',
        data: { id, revision: String(version) },
      }),
    );
  }

  async function delivered(id: string): Promise<Delivered[]> {
    const consumer = await jsm
      .jetstream()
      .consumers.get(STREAMS.events, { filter_subjects: SUBJECTS.event('batch', id) });
    const found: Delivered[] = [];
    const { num_pending } = await consumer.info();
    if (num_pending === 0) return found;
    const messages = await consumer.fetch({ max_messages: num_pending, expires: 2_000 });
    for await (const message of messages) found.push(message.json());
    return found;
  }

  async function allSent(): Promise<void> {
    for (;;) {
      const rows: { n: string }[] = await source.query('SELECT count(*) AS n FROM outbox WHERE published_at IS NULL');
      if (rows[0]?.n === '0') return;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  it('publishes what was committed, in order per aggregate, as CloudEvents', async () => {
    const [a, b] = [randomUUID(), randomUUID()];
    for (let version = 1; version <= 20; version += 1) await Promise.all([append(a, version), append(b, version)]);
    startRelay();
    await allSent();
    await append(a, 21);
    await allSent();
    const events = await delivered(a);
    expect(events.map((event) => Number(event.revision))).toEqual(Array.from({ length: 21 }, (_, index) => index + 1));
    expect(events[0]).toMatchObject({
      specversion: '1.0',
      type: 'heddle.v1.batch.queued',
      subject: `batches/${a}`,
      data: { batch: { id: a, revision: '1' } },
    });
    expect(await delivered(b)).toHaveLength(20);
  });

  it('publishes many events of one statement in the order in which they were given', async () => {
    const [a, b] = [randomUUID(), randomUUID()];
    startRelay();
    await source.transaction((manager) =>
      appendEvents(
        manager,
        [1, 2, 3].flatMap((version) =>
          [a, b].map((id) => ({ aggregate: 'batch', id, version, type: 'batch.queued', data: { "it's": id } })),
        ),
      ),
    );
    await allSent();
    const events = await delivered(a);
    expect(events.map((event) => event.revision)).toEqual(['1', '2', '3']);
    expect(events[0]?.data).toEqual({ batch: { "it's": a } });
    expect(await delivered(b)).toHaveLength(3);
  });

  it('says nothing of what was rolled back, and takes no event outside a transaction', async () => {
    const id = randomUUID();
    await source
      .transaction(async (manager) => {
        await appendEvent(manager, { aggregate: 'batch', id, version: 1, type: 'batch.queued', data: {} });
        throw new Error('rolled back');
      })
      .catch(() => undefined);
    await expect(
      appendEvent(source.manager, { aggregate: 'batch', id, version: 1, type: 'batch.queued', data: {} }),
    ).rejects.toThrow('transaction');
    startRelay();
    await append(randomUUID(), 1);
    await allSent();
    expect(await delivered(id)).toEqual([]);
  });

  it('publishes a late commit that took its place before an earlier one', async () => {
    const [late, early] = [randomUUID(), randomUUID()];
    startRelay();
    await source.transaction(async (manager) => {
      await appendEvent(manager, { aggregate: 'batch', id: late, version: 1, type: 'batch.queued', data: {} });
      await append(early, 1);
      while ((await delivered(early)).length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    });
    await allSent();
    expect(await delivered(late)).toHaveLength(1);
  });

  it('lets one relay work at a time; another takes over', async () => {
    const id = randomUUID();
    const first = startRelay();
    await append(id, 1);
    await allSent();
    startRelay();
    await append(id, 2);
    await allSent();
    await first.stop();
    await append(id, 3);
    relays.forEach((relay) => relay.poke());
    await allSent();
    expect((await delivered(id)).map((event) => event.revision)).toEqual(['1', '2', '3']);
  });

  it('refuses an event that the stream would never take', async () => {
    const data = { text: 'x'.repeat(4 * 1024 * 1024) };
    await expect(
      source.transaction((manager) =>
        appendEvent(manager, { aggregate: 'batch', id: randomUUID(), version: 1, type: 'batch.queued', data }),
      ),
    ).rejects.toMatchObject({ reason: 'REQUEST_TOO_LARGE' });
  });

  it('lets nobody wait behind events that the stream refuses', async () => {
    const [stuck, other] = [randomUUID(), randomUUID()];
    await source.query(
      `INSERT INTO outbox (event_id, aggregate, aggregate_id, version, type, payload)
       SELECT 'batch-' || $1::text || '-' || n, 'batch', $1::text, n, 'batch.queued',
              CASE n WHEN 1 THEN repeat('x', 20000000) ELSE '{}' END FROM generate_series(1, 600) AS n`,
      [stuck],
    );
    await append(other, 1);
    startRelay();
    while ((await delivered(other)).length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(await delivered(stuck)).toEqual([]);
  });

  it('publishes again what the stream lost', async () => {
    const id = randomUUID();
    const relay = startRelay();
    for (let version = 1; version <= 5; version += 1) await append(id, version);
    await allSent();
    await relay.stop();
    const rows: { stream_sequence: string }[] = await source.query(
      'SELECT stream_sequence FROM outbox WHERE version >= 4 ORDER BY version',
    );
    for (const row of rows) await jsm.streams.deleteMessage(STREAMS.events, Number(row.stream_sequence));
    // As after a loss of the newest messages: the window of known ids is lost with them.
    await source.query(`UPDATE outbox SET event_id = event_id || '-x' WHERE version >= 4`);
    expect(await delivered(id)).toHaveLength(3);
    startRelay();
    await append(id, 6);
    await allSent();
    expect((await delivered(id)).map((event) => event.revision)).toEqual(['1', '2', '3', '4', '5', '6']);
  });

  it('finds the newest sent events without reading and sorting a week of them', async () => {
    const plan = await source.transaction(async (manager) => {
      await manager.query('SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off');
      return manager.query<unknown[]>(
        `EXPLAIN SELECT sequence FROM outbox WHERE published_at IS NOT NULL AND stream_epoch = 'e' ORDER BY stream_sequence DESC LIMIT 50`,
      );
    });
    expect(JSON.stringify(plan)).toMatch(/Index Scan Backward using outbox_sent/);
  });

  it('goes on when its database connection is cut', async () => {
    const id = randomUUID();
    startRelay();
    await append(id, 1);
    await allSent();
    await source.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1`, [
      `heddle-relay-${schema}`,
    ]);
    await append(id, 2);
    await allSent();
    expect(await delivered(id)).toHaveLength(2);
  });

  it('keeps events while NATS is away, loses none when it is killed, and sends each once', async () => {
    const id = randomUUID();
    startRelay();
    await append(id, 1);
    await allSent();
    await nats.pause();
    for (let version = 2; version <= 30; version += 1) await append(id, version);
    await nats.resume();
    await allSent();
    await nats.crash();
    for (let version = 31; version <= 40; version += 1) await append(id, version);
    await allSent();
    expect((await delivered(id)).map((event) => Number(event.revision))).toEqual(
      Array.from({ length: 40 }, (_, index) => index + 1),
    );
  });
});
