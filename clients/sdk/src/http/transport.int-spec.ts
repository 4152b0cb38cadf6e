import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { HeddleClient } from '../heddle-client.js';
import { FakeServer, hangUp, json, refusal } from '../testing/fake-server.js';

describe('a client and a server that fails', () => {
  const server = new FakeServer();
  let client: HeddleClient;

  beforeEach(async () => {
    await server.start();
    client = new HeddleClient({ url: server.url, token: 'secret' });
  });

  afterEach(async () => {
    await server.stop();
    server.seen.length = 0;
  });

  it('sends the token and what was asked', async () => {
    server.next(json({ id: 'b1' }));
    await client.batches.create({ repositoryId: 'r1', tasks: [{ prompt: 'p', checks: [{ timeout: '5s' }] }] });
    expect(server.seen[0]).toMatchObject({
      method: 'POST',
      url: '/v1/batches',
      headers: { authorization: 'Bearer secret', 'content-type': 'application/json' },
      body: { repositoryId: 'r1', tasks: [{ prompt: 'p', checks: [{ timeout: '5s' }] }] },
    });
  });

  it('repeats a create whose answer was lost under the same requestId', async () => {
    server.next(hangUp(), json({ id: 'b1' }));
    await expect(client.batches.create({ repositoryId: 'r1' })).resolves.toEqual({ id: 'b1' });
    const ids = server.seen.map(({ body }) => (body as { requestId: string }).requestId);
    expect(ids).toHaveLength(2);
    expect(ids[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect(ids[1]).toBe(ids[0]);
  });

  it('keeps the requestId that the caller gave', async () => {
    server.next(json({ id: 'b1' }));
    await client.batches.create({ requestId: 'mine', repositoryId: 'r1' });
    expect(server.seen[0]?.body).toMatchObject({ requestId: 'mine' });
  });

  it('waits as long as RetryInfo asks, then repeats', async () => {
    server.next(refusal(503, 'DATABASE_UNAVAILABLE', { retryAfter: '0.05s' }), json({ id: 't1' }));
    await expect(client.tasks.getById('t1')).resolves.toEqual({ id: 't1' });
  });

  it('does not repeat a refusal', async () => {
    server.next(refusal(404, 'TASK_NOT_FOUND', { code: 5 }));
    await expect(client.tasks.getById('t1')).rejects.toMatchObject({
      reason: 'TASK_NOT_FOUND',
      httpStatus: 404,
      metadata: { id: 'x' },
    });
    expect(server.seen).toHaveLength(1);
  });

  it('gives up when the time for repeats is over, with the last answer', async () => {
    server.next(refusal(503, 'DATABASE_UNAVAILABLE', { retryAfter: '60s' }));
    await expect(client.tasks.getById('t1')).rejects.toMatchObject({ reason: 'DATABASE_UNAVAILABLE', retryAfter: 60 });
  });

  it('says that nobody is there', async () => {
    await server.stop();
    const call = client.system.serverInfo({ retryForMs: 0 });
    await expect(call).rejects.toMatchObject({ name: 'HeddleConnectionError', failure: 'UNREACHABLE' });
    await server.start();
  });

  it('ends at the deadline although the server is silent', async () => {
    server.next(() => undefined);
    const call = client.system.serverInfo({ timeoutMs: 50 });
    await expect(call).rejects.toMatchObject({ name: 'HeddleConnectionError', failure: 'DEADLINE_EXCEEDED' });
  });

  it('ends with the reason of the caller', async () => {
    const stop = new AbortController();
    server.next(() => stop.abort(new Error('enough')));
    await expect(client.system.serverInfo({ signal: stop.signal })).rejects.toThrow('enough');
  });

  it('keeps an id in one segment of the path', async () => {
    server.next(json({}));
    await client.tasks.getById('../../v1/batches?x=1');
    expect(server.seen[0]?.url).toBe('/v1/tasks/..%2F..%2Fv1%2Fbatches%3Fx%3D1');
    await expect(async () => client.tasks.getById('..')).rejects.toThrow(TypeError);
  });

  it('lists page by page, and only as far as it is read', async () => {
    server.next(
      json({ batches: [{ id: '1' }, { id: '2' }], nextPageToken: 'n' }),
      json({ batches: [{ id: '3' }], nextPageToken: '' }),
    );
    const ids: string[] = [];
    for await (const batch of client.batches.listAll({ repositoryId: 'r1' }, { pageSize: 2 })) ids.push(batch.id);
    expect(ids).toEqual(['1', '2', '3']);
    expect(server.seen.map(({ url }) => url)).toEqual([
      '/v1/batches?repositoryId=r1&pageSize=2',
      '/v1/batches?repositoryId=r1&pageSize=2&pageToken=n',
    ]);
  });

  it('asks again until what is waited for has ended', async () => {
    server.next(
      json({ id: 'l', state: 'TESTING' }),
      json({ id: 'l', state: 'PUSHING' }),
      json({ id: 'l', state: 'LANDED' }),
    );
    await expect(client.landings.wait('l')).resolves.toMatchObject({ state: 'LANDED' });
    expect(server.seen[0]?.url).toBe('/v1/landings/l:wait?timeout=20s');
  });

  it('returns what is waited for as it is when the time is up', async () => {
    server.next(json({ id: 'a', state: 'RUNNING' }));
    await expect(client.attempts.wait('a', { timeoutMs: 0 })).resolves.toMatchObject({ state: 'RUNNING' });
  });
});
