import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeWith, type TestDatabase } from '@heddle/testing';
import { freshSchema, outboxDataSource } from '../spec-support/outbox-fixture.js';
import { migrate } from './migrate.js';

await describeWith(['postgres'], 'migrate', ({ postgres }) => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await postgres.database();
  });
  afterAll(() => database.drop());

  it('makes the schema once, however many processes start at the same time', async () => {
    const schema = freshSchema();
    const sources = Array.from({ length: 4 }, () => outboxDataSource(database.url, schema));
    const ran = await Promise.all(sources.map((source) => migrate(source)));
    expect(ran.flat()).toEqual(['OutboxTables1700000000000']);
    const rows: { n: string }[] = await sources[0]!.query('SELECT count(*) AS n FROM outbox');
    expect(rows[0]?.n).toBe('0');
    await Promise.all(sources.map((source) => source.destroy()));
  });

  it('can be undone', async () => {
    const source = outboxDataSource(database.url);
    await migrate(source);
    await source.undoLastMigration();
    await expect(source.query('SELECT 1 FROM outbox')).rejects.toThrow('outbox');
    await source.destroy();
  });
});
