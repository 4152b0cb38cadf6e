import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { describeWith, type TestDatabase } from '@heddle/testing';
import type { DataSource } from 'typeorm';
import { migrate } from '../persistence/migrate.js';
import { outboxDataSource } from '../spec-support/outbox-fixture.js';
import { oncePerVersion } from './inbox.js';

await describeWith(['postgres'], 'oncePerVersion', ({ postgres }) => {
  let database: TestDatabase;
  let source: DataSource;

  beforeAll(async () => {
    database = await postgres.database();
    source = outboxDataSource(database.url);
    await migrate(source);
  });
  afterAll(async () => {
    await source.destroy();
    await database.drop();
  });

  function consumer(onGap: 'refuse' | 'accept') {
    const applied: number[] = [];
    const id = randomUUID();
    const see = (version: number, effect?: () => Promise<void>) =>
      source.transaction((manager) =>
        oncePerVersion(manager, { consumer: 'c', aggregate: 'attempt', id, version }, onGap, () => {
          applied.push(version);
          return effect?.() ?? Promise.resolve();
        }),
      );
    return { applied, see };
  }

  it('applies each version once, in order, from whichever it saw first', async () => {
    const { applied, see } = consumer('refuse');
    expect([await see(3), await see(3), await see(2), await see(4)]).toEqual([true, false, false, true]);
    expect(applied).toEqual([3, 4]);
  });

  it('refuses a gap, or takes it where the consumer reads the present state', async () => {
    const strict = consumer('refuse');
    await strict.see(1);
    await expect(strict.see(3)).rejects.toMatchObject({ name: 'VersionGapError' });
    expect([await strict.see(2), await strict.see(3)]).toEqual([true, true]);
    const lax = consumer('accept');
    expect([await lax.see(1), await lax.see(9), await lax.see(5)]).toEqual([true, true, false]);
  });

  it('forgets a version whose effect failed', async () => {
    const { applied, see } = consumer('refuse');
    await expect(see(1, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await see(1)).toBe(true);
    expect(applied).toEqual([1, 1]);
  });

  it('applies once when the same version comes twice at the same time', async () => {
    const { applied, see } = consumer('refuse');
    const results = await Promise.all([see(1), see(1), see(1)]);
    expect(results.filter(Boolean)).toHaveLength(1);
    expect(applied).toEqual([1]);
  });
});
