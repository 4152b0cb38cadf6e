import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { Metadata } from '@grpc/grpc-js';
import {
  Batch,
  BatchServiceClient,
  ChangeServiceClient,
  CreateBatchRequest,
  DownloadPatchRequest,
  SystemServiceClient,
} from '@heddle/contracts';
import { toCanonicalJson } from '@heddle/contracts/json';
import type { HeddleError } from '@heddle/domain';
import { fromServiceError } from '@heddle/platform/grpc-client';
import { describeWith } from '@heddle/testing';
import { GatewayFixture, INTERNAL_TOKEN, reasonOf, TOKEN, until } from './testing/gateway-fixture.js';

const TRACE = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;

await describeWith(['nats'], 'the two doors', ({ nats }) => {
  let fixture: GatewayFixture;

  beforeAll(async () => {
    fixture = new GatewayFixture(nats);
    await fixture.start();
  });
  afterAll(() => fixture.stop());
  beforeEach(() => {
    fixture.services.seen.length = 0;
  });

  function createBatch(
    request: Partial<CreateBatchRequest>,
    metadata = fixture.metadata(),
    deadline = Date.now() + 10_000,
  ): Promise<{ batch: Batch; initial: Metadata }> {
    const client = fixture.client(BatchServiceClient);
    return new Promise((resolve, reject) => {
      let initial = new Metadata();
      const call = client.createBatch(
        CreateBatchRequest.fromPartial(request as never),
        metadata,
        { deadline },
        (error, batch) => {
          if (error === null) resolve({ batch, initial });
          else reject(error);
        },
      );
      call.on('metadata', (received) => (initial = received));
    });
  }

  async function grpcFailure(call: Promise<unknown>): Promise<HeddleError> {
    return call.then(
      () => Promise.reject(new Error('expected a failure')),
      (error: unknown) => fromServiceError(error),
    );
  }

  it('mean the same', async () => {
    const request = { ref: 'main', tasks: [{ title: 'One' }] };
    const overRest = await fixture.json('POST', '/v1/batches', request);
    const { batch } = await createBatch(request as never);
    expect(overRest.status).toBe(200);
    expect(overRest.body).toEqual(toCanonicalJson('heddle.v1.Batch', Batch, batch));
    expect(overRest.body).toMatchObject({
      id: 'b1',
      createTime: '1970-01-01T00:00:00Z',
      attemptCounts: { QUEUED: 2 },
      labels: {},
      revision: '0',
      tasks: [{ id: 't0', title: 'One', declaredPaths: [] }],
    });
    const [first, second] = fixture.services.seen;
    expect(first?.request).toEqual(second?.request);
  });

  it('tell the services who asks, under the ids that came along', async () => {
    await fixture.json('POST', '/v1/batches', { ref: 'main' }, { 'x-request-id': 'my-id', traceparent: TRACE });
    await createBatch(
      { ref: 'main' },
      fixture.metadata({
        authorization: `Bearer ${TOKEN}`,
        'x-request-id': 'my-id',
        traceparent: TRACE,
        'heddle-role': 'NOBODY',
        'heddle-internal-token': 'x',
      }),
    );
    for (const { metadata } of fixture.services.seen) {
      expect(metadata.getMap()).toMatchObject({
        'heddle-internal-token': INTERNAL_TOKEN,
        'heddle-principal': 'admin',
        'heddle-role': 'OPERATOR',
        'heddle-request-id': 'my-id',
        traceparent: TRACE,
      });
    }
    expect(fixture.services.seen).toHaveLength(2);
  });

  it('make ids where none or bad ones came, and say which', async () => {
    const answer = await fixture.json(
      'POST',
      '/v1/batches',
      {},
      { 'x-request-id': 'has blanks', traceparent: 'nonsense' },
    );
    const { initial } = await createBatch({});
    const [rest, grpc] = fixture.services.seen.map(({ metadata }) => metadata.getMap());
    expect(rest?.['heddle-request-id']).toBe(answer.headers.get('x-request-id'));
    expect(rest?.['heddle-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(rest?.['traceparent']).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect(grpc?.['heddle-request-id']).toBe(initial.get('x-request-id')[0]);
  });

  it('ask for a token, but not where it is open', async () => {
    for (const [token, reason] of [
      ['', 'TOKEN_MISSING'],
      ['wrong', 'TOKEN_INVALID'],
    ] as const) {
      const answer = await fixture.json('GET', '/v1/batches/b1', undefined, {}, token);
      expect([answer.status, reasonOf(answer)]).toEqual([401, reason]);
      expect(answer.headers.get('www-authenticate')).toContain('Bearer');
      const metadata = fixture.metadata(token === '' ? {} : { authorization: `Bearer ${token}` });
      expect((await grpcFailure(createBatch({}, metadata))).reason).toBe(reason);
    }
    expect(fixture.services.seen).toEqual([]);
    expect((await fixture.json('GET', '/v1/info', undefined, {}, '')).body).toMatchObject({ apiVersion: 'v1' });
    expect((await fixture.json('GET', '/v1/openapi.json', undefined, {}, '')).body).toMatchObject({ openapi: '3.1.0' });
    const client = fixture.client(SystemServiceClient);
    await new Promise((resolve, reject) =>
      client.getServerInfo({}, (error, info) => (error === null ? resolve(info) : reject(error))),
    );
    expect((await fixture.json('GET', '/v1/me')).body).toEqual({ principal: 'admin', role: 'OPERATOR' });
  });

  it('pass on what a service says is wrong', async () => {
    const bad = await fixture.json('POST', '/v1/batches', { ref: 'bad-field' });
    expect(bad).toMatchObject({
      status: 400,
      body: {
        code: 3,
        details: [{ reason: 'FIELD_INVALID' }, { fieldViolations: [{ field: 'tasks[0].declaredPaths' }] }],
      },
    });
    expect(await grpcFailure(createBatch({ ref: 'bad-field' }))).toMatchObject({
      reason: 'FIELD_INVALID',
      violations: [{ field: 'tasks[0].declared_paths' }],
    });
    const busy = await fixture.json('POST', '/v1/batches', { ref: 'busy' });
    expect([busy.status, reasonOf(busy), busy.headers.get('retry-after')]).toEqual([400, 'REPOSITORY_SYNCING', '3']);
    expect(await grpcFailure(createBatch({ ref: 'busy' }))).toMatchObject({
      reason: 'REPOSITORY_SYNCING',
      retryAfterSeconds: 3,
    });
    const newer = await fixture.json('POST', '/v1/batches', { ref: 'newer' });
    expect([newer.status, reasonOf(newer)]).toEqual([400, 'FROM_THE_FUTURE']);
  });

  it('hide what a service says without a reason', async () => {
    const answer = await fixture.json('POST', '/v1/batches', { ref: 'bare' });
    expect([answer.status, reasonOf(answer)]).toEqual([500, 'INTERNAL']);
    expect(JSON.stringify(answer.body)).not.toContain('secret');
    expect(JSON.stringify(answer.body)).toMatch(/"errorId":"[0-9a-f-]{36}"/);
    const failure = await grpcFailure(createBatch({ ref: 'bare' }));
    expect([failure.reason, failure.message.includes('secret')]).toEqual(['INTERNAL', false]);
  });

  it('say NOT_AVAILABLE for what is not built, by plan or behind', async () => {
    const planned = await fixture.json('PATCH', '/v1/batches/b1', { brief: 'x' });
    expect([planned.status, reasonOf(planned)]).toEqual([501, 'NOT_AVAILABLE']);
    const missing = await fixture.json('POST', '/v1/batches/b1:cancel');
    expect([missing.status, reasonOf(missing)]).toEqual([501, 'NOT_AVAILABLE']);
  });

  it('refuse NUL at either', async () => {
    expect(await fixture.json('POST', '/v1/batches', { repositoryId: 'a\0' })).toMatchObject({
      status: 400,
      body: { details: [{}, { fieldViolations: [{ field: 'repositoryId' }] }] },
    });
    expect(await grpcFailure(createBatch({ repositoryId: 'a\0' }))).toMatchObject({
      reason: 'FIELD_INVALID',
      violations: [{ field: 'repository_id' }],
    });
  });

  it('give the client its deadline, and the services too', async () => {
    const client = fixture.client(BatchServiceClient);
    const failure = await grpcFailure(
      new Promise((_, reject) => {
        client.waitBatch({ id: 'b1' }, fixture.metadata(), { deadline: Date.now() + 100 }, (error) =>
          reject(error ?? new Error('answered')),
        );
      }),
    );
    expect(failure.reason).toBe('DEADLINE_EXCEEDED');
    expect(Number(fixture.services.seen[0]?.deadline) - Date.now()).toBeLessThan(100);
    await createBatch({});
    await fixture.json('GET', '/v1/batches/b1');
    expect(Number(fixture.services.seen.at(-1)?.deadline)).toBeLessThan(Date.now() + 31_000);
    await fixture.json('POST', '/v1/batches', {});
    expect(Number(fixture.services.seen.at(-1)?.deadline)).toBeGreaterThan(Date.now() + 60_000);
    expect(Number(fixture.services.seen.at(-1)?.deadline)).toBeLessThan(Date.now() + 301_000);
  });

  it('cancel the call behind when the client goes away', async () => {
    const { waiting, cancelled } = fixture.services;
    const abort = new AbortController();
    const overRest = fixture.fetch('/v1/batches/b1:wait?timeout=60s', { signal: abort.signal });
    const call = fixture.client(BatchServiceClient).waitBatch({ id: 'b1' }, fixture.metadata(), () => undefined);
    await until(() => fixture.services.waiting === waiting + 2);
    abort.abort();
    call.cancel();
    await expect(overRest).rejects.toThrow('abort');
    await until(() => fixture.services.cancelled >= cancelled + 2);
  });

  it('stream a file, and never pass half of one for a whole', async () => {
    const whole = await fixture.fetch('/v1/changes/c1/patch');
    expect([whole.status, whole.headers.get('content-type')]).toEqual([200, 'text/x-patch']);
    expect(Buffer.from(await whole.arrayBuffer())).toEqual(
      Buffer.concat([Buffer.from('diff --git '), Buffer.from([0xff, 0x0a])]),
    );
    expect(await fixture.json('GET', '/v1/changes/none/patch')).toMatchObject({
      status: 404,
      body: { details: [{ reason: 'CHANGE_NOT_FOUND' }] },
    });
    await expect(fixture.fetch('/v1/changes/broken/patch').then((response) => response.text())).rejects.toThrow();
    const stream = fixture
      .client(ChangeServiceClient)
      .downloadPatch(DownloadPatchRequest.fromPartial({ id: 'broken' }), fixture.metadata());
    const broken = await grpcFailure(
      (async () => {
        for await (const chunk of stream) expect(chunk).toBeDefined();
      })(),
    );
    expect(broken.reason).toBe('SERVICE_UNAVAILABLE');
  });

  it('answer what is no route, no verb, no JSON, or too much, with a reason', async () => {
    const large = 'x'.repeat(3 * 1024 * 1024);
    const cases: [string, string, unknown, Record<string, string>, number, string][] = [
      ['GET', '/v1/nothing', undefined, {}, 404, 'ROUTE_NOT_FOUND'],
      ['GET', '/', undefined, {}, 404, 'ROUTE_NOT_FOUND'],
      ['GET', '//', undefined, {}, 404, 'ROUTE_NOT_FOUND'],
      ['GET', '//elsewhere/v1/batches', undefined, {}, 404, 'ROUTE_NOT_FOUND'],
      ['PUT', '/v1/batches', {}, {}, 405, 'METHOD_NOT_ALLOWED'],
      ['POST', '/v1/batches', '{}', { 'content-type': 'text/plain' }, 415, 'MEDIA_TYPE_UNSUPPORTED'],
      [
        'POST',
        '/v1/batches',
        '{}',
        { 'content-type': 'application/json; charset=latin1' },
        415,
        'MEDIA_TYPE_UNSUPPORTED',
      ],
      ['POST', '/v1/batches', '{"ref":', {}, 400, 'FIELD_INVALID'],
      ['POST', '/v1/batches', { brief: large }, {}, 413, 'REQUEST_TOO_LARGE'],
      ['POST', '/v1/batches', { bogus: 1 }, {}, 400, 'FIELD_INVALID'],
      ['GET', '/v1/attempts?states=DANCING', undefined, {}, 400, 'FIELD_INVALID'],
    ];
    for (const [method, path, body, headers, status, reason] of cases) {
      const answer = await fixture.json(method, path, body, headers);
      expect([path, answer.status, reasonOf(answer)]).toEqual([path, status, reason]);
    }
    expect((await fixture.json('PUT', '/v1/batches', {})).headers.get('allow')).toBe('GET, POST');
    expect(fixture.services.seen).toEqual([]);
    expect((await fixture.json('POST', '/v1/batches', { ref: 'main' })).status).toBe(200);
  });

  it('stop reading a body that has no end', async () => {
    const answer = await new Promise<number | undefined>((resolve, reject) => {
      const upload = httpRequest(
        {
          port: fixture.gateway.httpPort,
          method: 'POST',
          path: '/v1/batches',
          headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
        },
        (response) => {
          response.resume();
          resolve(response.statusCode);
          upload.destroy();
        },
      );
      upload.on('error', reject);
      const piece = Buffer.alloc(64 * 1024, 0x20);
      const write = (): void => {
        while (!upload.destroyed && upload.write(piece));
      };
      upload.on('drain', write);
      write();
    });
    expect(answer).toBe(413);
  });

  it('take methods without a body, HEAD, and keep connections open', async () => {
    expect((await fixture.json('GET', '/v1/batches/b1')).body).toMatchObject({ id: 'b1' });
    const head = await fixture.fetch('/v1/batches/b1', { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect(head.headers.get('x-content-type-options')).toBe('nosniff');
  });
});
