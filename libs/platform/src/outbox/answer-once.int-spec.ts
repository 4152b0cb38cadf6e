import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { CreateBatchRequest } from '@heddle/contracts';
import { HeddleError } from '@heddle/domain';
import { describeWith, type TestDatabase } from '@heddle/testing';
import type { DataSource } from 'typeorm';
import { migrate } from '../persistence/migrate.js';
import { outboxDataSource } from '../spec-support/outbox-fixture.js';
import { answerOnce } from './answer-once.js';

await describeWith(['postgres'], 'answerOnce', ({ postgres }) => {
  let database: TestDatabase;
  let source: DataSource;
  let effects = 0;

  beforeAll(async () => {
    database = await postgres.database();
    source = outboxDataSource(database.url);
    await migrate(source);
  });
  afterAll(async () => {
    await source.destroy();
    await database.drop();
  });

  /** The answer is the brief, numbered by the effects so far. */
  async function ask(
    fields: Partial<CreateBatchRequest>,
    prepare: () => Promise<unknown> = () => Promise.resolve(),
  ): Promise<string> {
    const request = CreateBatchRequest.fromPartial(fields);
    const codecs = { requestCodec: CreateBatchRequest, responseCodec: CreateBatchRequest };
    const answer = await answerOnce(
      source,
      { method: 'heddle.v1.BatchService/CreateBatch', requestId: request.requestId, request, ...codecs },
      prepare,
      () => Promise.resolve(CreateBatchRequest.fromPartial({ brief: `${request.brief} ${String((effects += 1))}` })),
    );
    return answer.brief;
  }

  it('takes a map in another order for the same request', async () => {
    const first = await ask({ requestId: 'map', brief: 'map', labels: { a: '1', b: '2' } });
    expect(await ask({ requestId: 'map', brief: 'map', labels: { b: '2', a: '1' } })).toBe(first);
    await expect(ask({ requestId: 'map', brief: 'map', labels: { a: '2', b: '1' } })).rejects.toMatchObject({
      reason: 'REQUEST_ID_REUSED',
    });
  });

  it('gives a repeat the first answer, also if what the first did refuses the repeat', async () => {
    let first = '';
    const repeat = ask({ requestId: 'taken', brief: 'taken' }, async () => {
      first = await ask({ requestId: 'taken', brief: 'taken' });
      throw new HeddleError('NAME_TAKEN', 'by the first');
    });
    expect(await repeat).toBe(first);
    expect(first).not.toBe('');
    const refused = ask({ requestId: 'other' }, () => Promise.reject(new HeddleError('NAME_TAKEN', 'by another')));
    await expect(refused).rejects.toMatchObject({ reason: 'NAME_TAKEN' });
  });

  it('refuses a requestId of more than 64 characters', async () => {
    await expect(ask({ requestId: 'x'.repeat(65) })).rejects.toMatchObject({
      reason: 'FIELD_INVALID',
      violations: [{ field: 'request_id' }],
    });
    await expect(ask({ requestId: 'x'.repeat(64), brief: 'long' })).resolves.toMatch(/^long/);
  });
});
