import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { describeWith, type TestDatabase } from '@heddle/testing';
import type { DataSource } from 'typeorm';
import { migrate } from '../persistence/migrate.js';
import { outboxDataSource } from '../spec-support/outbox-fixture.js';
import { oncePerRequest, recordedAnswer } from './once-per-request.js';

await describeWith(['postgres'], 'oncePerRequest', ({ postgres }) => {
  let database: TestDatabase;
  let source: DataSource;
  let effects = 0;

  beforeAll(async () => {
    database = await postgres.database();
    source = outboxDataSource(database.url);
    await migrate(source);
  });
  beforeEach(() => {
    effects = 0;
  });
  afterAll(async () => {
    await source.destroy();
    await database.drop();
  });

  function count(): Promise<Uint8Array> {
    effects += 1;
    return Promise.resolve(Buffer.from(`answer ${effects}`));
  }

  function ask(requestId: string | undefined, body = 'body', principal = 'ann', effect = count): Promise<string> {
    const key = { principal, method: 'heddle.v1.BatchService/CreateBatch', requestId, body: Buffer.from(body) };
    return source.transaction(async (manager) => Buffer.from(await oncePerRequest(manager, key, effect)).toString());
  }

  it('has the effect once under 50 concurrent repeats, and all get its answer', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask('r-50')));
    expect(effects).toBe(1);
    expect(new Set(answers)).toEqual(new Set(['answer 1']));
  });

  it('refuses the same id for another body, and knows other principals apart', async () => {
    await ask('r-2');
    await expect(ask('r-2', 'other')).rejects.toMatchObject({
      reason: 'REQUEST_ID_REUSED',
      metadata: { requestId: 'r-2' },
    });
    await expect(ask('r-2', 'other', 'bob')).resolves.toBe('answer 2');
  });

  it('keeps only successes', async () => {
    await expect(ask('r-3', 'body', 'ann', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await expect(ask('r-3', 'changed')).resolves.toBe('answer 1');
  });

  it('lets a waiting repeat take over when the first fails', async () => {
    let fail: ((error: Error) => void) | undefined;
    let started: (() => void) | undefined;
    const inFlight = new Promise<void>((resolve) => (started = resolve));
    const first = ask('r-4', 'body', 'ann', () => {
      started?.();
      return new Promise((_, reject) => (fail = reject));
    });
    await inFlight;
    const second = ask('r-4');
    fail?.(new Error('crashed'));
    await expect(first).rejects.toThrow('crashed');
    await expect(second).resolves.toBe('answer 1');
  });

  it('takes calls without an id as new ones', async () => {
    expect([await ask(undefined), await ask(undefined), await ask('')]).toEqual(['answer 1', 'answer 2', 'answer 3']);
  });

  it('tells a known answer before any preparation', async () => {
    const key = {
      principal: 'ann',
      method: 'heddle.v1.BatchService/CreateBatch',
      requestId: 'r-6',
      body: Buffer.from('body'),
    };
    expect(await recordedAnswer(source.manager, key)).toBeUndefined();
    await ask('r-6');
    expect(String(await recordedAnswer(source.manager, key))).toBe('answer 1');
    await expect(recordedAnswer(source.manager, { ...key, body: Buffer.from('x') })).rejects.toMatchObject({
      reason: 'REQUEST_ID_REUSED',
    });
  });

  it('demands a transaction', async () => {
    const key = { principal: 'a', method: 'm', requestId: 'r', body: Buffer.from('') };
    await expect(oncePerRequest(source.manager, key, () => Promise.resolve(Buffer.from('')))).rejects.toThrow(
      'transaction',
    );
  });
});
