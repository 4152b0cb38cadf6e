import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { FakeServer, json, type Routes } from '@heddle/sdk/testing';
import { runCli } from './run-cli.js';
import { MemoryKeyboard } from './testing/memory-keyboard.js';
import { MemorySink } from './testing/memory-sink.js';
import { batch, IDS, NOW, task } from './testing/samples.js';

const PRICES = '/v1/admin/prices';
const PRICE = {
  id: '019ab000-0000-7000-8000-00000000a41c',
  provider: '',
  model: 'big-*',
  currencyCode: 'USD',
  input: '3',
  output: '15.5',
  validFromTime: '1970-01-01T00:00:00Z',
};

describe('budgets and prices by the heddle command', () => {
  const server = new FakeServer();

  beforeAll(() => server.start());
  afterEach(() => {
    server.serve({});
    server.seen.length = 0;
  });
  afterAll(() => server.stop());

  async function heddle(routes: Routes, ...args: readonly string[]) {
    server.serve(routes);
    const [stdout, stderr] = [new MemorySink(), new MemorySink()];
    const code = await runCli({
      args,
      env: { HEDDLE_URL: server.url, HEDDLE_TOKEN: 't' },
      stdout,
      stderr,
      signal: new AbortController().signal,
      version: '9.9.9',
      now: () => NOW,
      readStdin: () => Promise.resolve(''),
      keyboard: new MemoryKeyboard(),
    });
    return { code, stdout: stdout.text, stderr: stderr.text };
  }

  it('are given to a task that is launched', async () => {
    const repositories = { repositories: [{ id: IDS.repository, name: 'shop' }], nextPageToken: '' };
    const routes = { 'GET /v1/repositories': json(repositories), 'POST /v1/tasks': json(task(1)) };
    const limits = [
      '--budget-tokens',
      '2M',
      '--budget-cost',
      '5.25usd',
      '--budget-duration',
      '1h',
      '--budget-turns',
      '3',
    ];
    expect(await heddle(routes, 'run', '-a', 'CODEX', '-p', 'Fix it', ...limits)).toMatchObject({ code: 0 });
    expect(server.seen.at(-1)?.body).toMatchObject({
      budget: {
        tokens: '2000000',
        cost: { currencyCode: 'USD', units: '5', nanos: 250_000_000 },
        duration: '3600s',
        turns: 3,
      },
    });
    await heddle(routes, 'run', '-a', 'CODEX', '-p', 'Fix it');
    expect(server.seen.at(-1)?.body).not.toHaveProperty('budget');
  });

  it('are shown beside what has been used, and raised', async () => {
    const owner = batch({
      budget: { tokens: '1000', duration: '60s' },
      spending: { tokens: '820', duration: '12.500s', turns: 2, unpricedModels: ['big-1'] },
    });
    const one = `/v1/batches/${IDS.batch}`;
    const shown = await heddle({ [`GET ${one}`]: json(owner) }, 'budget', 'show', IDS.batch);
    expect(shown.stdout).toMatch(/tokens +820 +1000\n/);
    expect(shown.stdout).toMatch(/cost +unknown +-\n/);
    expect(shown.stdout).toMatch(/time +13s +1m 00s\n/);
    expect(shown.stdout).toContain('No cost is known without a price of: big-1');
    const routes = { [`GET ${one}`]: json(owner), [`POST ${one}:raiseBudget`]: json(owner) };
    expect(await heddle(routes, 'budget', 'raise', IDS.batch, '--cost', '2.5 EUR')).toMatchObject({ code: 0 });
    expect(server.seen.at(-1)?.body).toMatchObject({
      budget: { cost: { currencyCode: 'EUR', units: '2', nanos: 500_000_000 } },
    });
  });

  it('ask no server where they make no sense', async () => {
    for (const args of [
      ['budget', 'raise', IDS.batch],
      ['budget', 'raise', IDS.batch, '--tokens', 'many'],
      ['budget', 'raise', IDS.batch, '--cost', '5'],
      ['budget', 'raise', IDS.batch, '--turns', '0'],
      ['admin', 'prices', 'set', 'big-1', '--input', '3'],
      ['admin', 'prices', 'set', 'big-1', '--input', '3', '--output', '15', '--from', 'soon'],
    ])
      expect({ args, ...(await heddle({}, ...args)) }).toMatchObject({ args, code: 2, stdout: '' });
    expect(server.seen).toEqual([]);
  });

  it('go by a price table, which is set, listed and cleared', async () => {
    const set = ['set', 'big-*', '--input', '3', '--output', '15.5', '--from', '2026-05-01'];
    const made = await heddle({ [`POST ${PRICES}`]: json(PRICE) }, 'admin', 'prices', ...set);
    expect(server.seen.at(-1)?.body).toMatchObject({
      model: 'big-*',
      input: '3',
      output: '15.5',
      currencyCode: 'USD',
      validFromTime: '2026-05-01T00:00:00.000Z',
    });
    const row = /big-\* +any +3 +3 +15\.5 +15\.5 +USD +ever/;
    expect(made.stdout).toMatch(row);
    const listed = { [`GET ${PRICES}`]: json({ prices: [PRICE] }) };
    expect((await heddle(listed, 'admin', 'prices', 'ls')).stdout).toMatch(row);
    const routes = { ...listed, [`DELETE ${PRICES}/${PRICE.id}`]: json({}) };
    expect((await heddle(routes, 'admin', 'prices', 'rm', PRICE.id.slice(-8))).stdout).toBe(
      'This price of big-* is gone.\n',
    );
    expect(await heddle(listed, 'admin', 'prices', 'rm', 'ffffffff')).toMatchObject({ code: 3 });
    const none = { [`GET ${PRICES}`]: json({ prices: [] }) };
    expect((await heddle(none, 'admin', 'prices', 'ls')).stdout).toContain('heddle admin prices set');
  });
});
