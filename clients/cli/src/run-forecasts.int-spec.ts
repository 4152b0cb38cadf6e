import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { FakeServer, json, type Routes } from '@heddle/sdk/testing';
import { runCli } from './run-cli.js';
import { MemoryKeyboard } from './testing/memory-keyboard.js';
import { MemorySink } from './testing/memory-sink.js';
import { batch, IDS, NOW } from './testing/samples.js';

const FORECAST_ID = '019ab000-0000-7000-8000-00000f04eca5';
const FILE = 'tasks: [{title: One, prompt: do}, {title: Two, prompt: do}, {title: Three, prompt: do}]';

function forecast(fields: object = {}) {
  const file = (path: string, kind: string, word: string) => ({ path, weight: 0.95, signs: [{ kind, word }] });
  return {
    id: FORECAST_ID,
    repositoryId: IDS.repository,
    ref: 'main',
    baseCommit: 'a'.repeat(40),
    tasks: [
      { title: 'One', files: [file('src/cart.ts', 'NAMED', 'cart.ts')] },
      { title: 'Two', files: [file('src/cart.ts', 'TEXT', 'emptyCart')] },
      { title: 'Three', files: [] },
    ],
    pairs: [
      {
        tasks: [0, 1],
        advice: 'MERGE',
        overlap: 1,
        files: [{ path: 'src/cart.ts', weight: 0.6, recentEdits: 1 }],
      },
      { tasks: [0, 2], advice: 'INDEPENDENT', overlap: 0, files: [] },
      { tasks: [1, 2], advice: 'UNKNOWN', overlap: 0, files: [] },
    ],
    complete: true,
    createTime: NOW.toISOString(),
    settled: false,
    ...fields,
  };
}

describe('forecasts', () => {
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
      readStdin: () => Promise.resolve(FILE),
      keyboard: new MemoryKeyboard(),
    });
    return { code, stdout: stdout.text, stderr: stderr.text };
  }

  const repositories = {
    'GET /v1/repositories': json({ repositories: [{ id: IDS.repository, name: 'shop' }], nextPageToken: '' }),
  };

  it('say of a file which tasks to merge, and by what', async () => {
    const routes = { ...repositories, 'POST /v1/batches:suggestSplit': json(forecast()) };
    const { code, stdout, stderr } = await heddle(routes, 'batch', 'plan', '-f', '-', '-r', 'shop', '--ref', 'main');
    expect(code).toBe(0);
    expect(server.seen.at(-1)?.body).toMatchObject({
      repositoryId: IDS.repository,
      ref: 'main',
      tasks: [{ title: 'One' }, { title: 'Two' }, { title: 'Three' }],
    });
    expect(stdout).toContain('95%  src/cart.ts  named: cart.ts');
    expect(stdout).toContain('has the word emptyCart');
    expect(stdout).toMatch(
      /1 × 2 +MERGE +merge these two: they are about the same files +src\/cart\.ts \(1 commit in 90 days\)/,
    );
    expect(stdout).toMatch(/2 × 3 +UNKNOWN/);
    expect(stdout).toContain('1 pair of tasks can work at once.');
    expect(stderr).toContain('heddle batch create -f - --repo shop --forecast');
  });

  it('are shown with what came', async () => {
    const score = {
      judgedPairs: 2,
      foretoldPairs: 1,
      overlappedPairs: 2,
      rightPairs: 1,
      missedPairs: 1,
      precision: 1,
      recall: 0.5,
    };
    const [first, ...others] = forecast().pairs;
    const came = forecast({
      batchId: IDS.batch,
      score,
      settled: true,
      pairs: [{ ...first, actualLevel: 'TEXTUAL' }, ...others],
    });
    const shown = await heddle({ [`GET /v1/forecasts/${FORECAST_ID}`]: json(came) }, 'forecast', 'show', FORECAST_ID);
    expect(shown.stdout).toMatch(/MERGE.*TEXTUAL/);
    expect(shown.stdout).toContain('of 2 pairs 1 foretold, 2 overlapped, 1 both.');
    expect(shown.stdout).toContain('Precision 100%, recall 50%, 1 missed at ENTITY or above.');
    const listed = await heddle(
      { 'GET /v1/forecasts': json({ forecasts: [came], nextPageToken: '' }) },
      'forecast',
      'ls',
      '--json',
    );
    expect(JSON.parse(listed.stdout)).toMatchObject({ forecasts: [{ id: FORECAST_ID, score }] });
  });

  it('say why there is no score', async () => {
    const shown = async (fields: object): Promise<string> => {
      const routes = { [`GET /v1/forecasts/${FORECAST_ID}`]: json(forecast({ batchId: IDS.batch, ...fields })) };
      return (await heddle(routes, 'forecast', 'show', FORECAST_ID)).stdout;
    };
    const compared = forecast().pairs.map((pair) => ({ ...pair, actualLevel: 'TEXTUAL' as const }));
    expect(await shown({ settled: false })).toContain('no two of its changes are compared yet.');
    expect(await shown({ settled: true })).toContain('no two of its tasks made changes');
    expect(await shown({ settled: true, pairs: compared })).toContain('nothing was foretold of the pairs');
  });

  it('go with the batch that they are of', async () => {
    const routes = {
      ...repositories,
      'GET /v1/forecasts': json({ forecasts: [forecast()], nextPageToken: '' }),
      'GET /v1/environments': json({ environments: [], nextPageToken: '' }),
      'POST /v1/batches': json(batch()),
    };
    const { code } = await heddle(routes, 'batch', 'create', '-f', '-', '-r', 'shop', '--forecast', '0f04eca5');
    expect(code).toBe(0);
    expect(server.seen.at(-1)?.body).toMatchObject({ forecastId: FORECAST_ID });
  });

  it('of resources: rules are set all at once, and shown', async () => {
    const rules = { repositoryId: IDS.repository, rules: [{ glob: 'db/*.sql', kind: 'MIGRATION' }], etag: '1' };
    const routes = { ...repositories, [`PUT /v1/repositories/${IDS.repository}/resourceRules`]: json(rules) };
    const set = await heddle(routes, 'repo', 'resources', 'shop', '--rule', 'db/*.sql=MIGRATION');
    expect(set.stdout).toMatch(/MIGRATION +db\/\*\.sql/);
    expect(server.seen.at(-1)?.body).toEqual({ rules: [{ glob: 'db/*.sql', kind: 'MIGRATION' }] });
    expect((await heddle(routes, 'repo', 'resources', 'shop', '--rule', 'db=OTHER')).code).toBe(2);
  });
});
