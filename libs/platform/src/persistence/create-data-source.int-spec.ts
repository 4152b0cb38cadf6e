import { expect, it } from '@jest/globals';
import { describeWith } from '@heddle/testing';
import { unavailableReason } from '../errors/unavailable.js';
import { freshSchema, outboxDataSource } from '../spec-support/outbox-fixture.js';

await describeWith(['postgres'], 'a data source', ({ postgres }) => {
  it('whose connection is cut between two queries of a transaction says that the database is away', async () => {
    const database = await postgres.database();
    const source = await outboxDataSource(database.url, freshSchema()).initialize();
    let byManager: unknown;
    const byRunner: unknown = await source
      .transaction(async (manager) => {
        const [backend] = await manager.query<{ pid: number }[]>('SELECT pg_backend_pid() AS pid');
        await source.query('SELECT pg_terminate_backend($1)', [backend?.pid]);
        while (manager.queryRunner?.isReleased !== true) await new Promise((resolve) => setImmediate(resolve));
        byManager = await manager.query('SELECT 1').catch((error: unknown) => error);
        await manager.queryRunner.query('SELECT 1');
      })
      .catch((error: unknown) => error);
    await source.destroy();
    await database.drop();
    expect([byManager, byRunner].map(unavailableReason)).toEqual(['DATABASE_UNAVAILABLE', 'DATABASE_UNAVAILABLE']);
  });
});
