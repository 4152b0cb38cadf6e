import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { connect } from '@nats-io/transport-node';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { Connection } from '@temporalio/client';
import pg from 'pg';
import { describeWith } from './describe-with.js';
import type { TestDatabase } from './servers/test-postgres.js';

await describeWith(['postgres'], 'a database of a test file', ({ postgres }) => {
  const template = {
    template: 'describe-with',
    migrate: async (url: string): Promise<void> => {
      await query(url, 'CREATE TABLE made_once (id int)');
    },
  };
  let database: TestDatabase;

  beforeAll(async () => {
    database = await postgres.database(template);
  });
  afterAll(() => database.drop());

  it('is a clone of its template', async () => {
    await query(database.url, 'INSERT INTO made_once VALUES (1)');
    const other = await postgres.database(template);
    expect((await query(other.url, 'SELECT * FROM made_once')).rowCount).toBe(0);
    await other.drop();
  });

  it('tells when a connection was left open', async () => {
    const other = await postgres.database();
    const left = new pg.Client({ connectionString: other.url });
    left.on('error', () => undefined);
    await left.connect();
    await expect(other.drop()).rejects.toThrow('1 connection(s)');
  });

  async function query(url: string, sql: string): Promise<pg.QueryResult> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      return await client.query(sql);
    } finally {
      await client.end();
    }
  }
});

await describeWith(['nats', 'temporal'], 'servers of a test file', ({ nats, temporal }) => {
  it('keeps what is in JetStream when it is killed', async () => {
    const before = await connect({ servers: nats.url, token: nats.token });
    const manager = await jetstreamManager(before);
    await manager.streams.add({ name: 'KEPT', subjects: ['kept.>'] });
    await jetstream(before).publish('kept.one', 'one');
    await before.close();
    await nats.crash();
    const after = await connect({ servers: nats.url, token: nats.token });
    const { state } = await (await jetstreamManager(after)).streams.info('KEPT');
    expect(state.messages).toBe(1);
    await after.close();
  });

  it('refuses a client without the token', async () => {
    await expect(connect({ servers: nats.url })).rejects.toThrow(/authorization/i);
  });

  it('has a namespace that can be used at once', async () => {
    const connection = await Connection.connect({ address: temporal.address });
    const { namespaceInfo } = await connection.workflowService.describeNamespace({ namespace: temporal.namespace });
    expect(namespaceInfo?.name).toBe(temporal.namespace);
    await connection.close();
  });
});
