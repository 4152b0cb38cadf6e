import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Job } from '@heddle/sdk';
import { FakeServer, json, refusal, type Answer, type Routes } from '@heddle/sdk/testing';
import { runCli } from './run-cli.js';
import { MemoryKeyboard } from './testing/memory-keyboard.js';
import { MemorySink } from './testing/memory-sink.js';
import { environment, IDS, NOW } from './testing/samples.js';

const ID = '019ab000-0000-7000-8000-000000000b0b';
const RUNNER = '0a1b2c3d-0000-4000-8000-000000000a11';

function job(fields: Partial<Job> = {}): Job {
  return {
    id: ID,
    state: 'QUEUED',
    statusDetail: '',
    kind: 'VALIDATE_ENVIRONMENT',
    createTime: '2026-05-04T10:00:00Z',
    revision: '1',
    restartCount: 0,
    traceId: '',
    environmentValidation: {
      environmentId: IDS.environment,
      environmentVersion: 2,
      repositoryId: IDS.repository,
      ref: 'main',
      commit: 'a'.repeat(40),
      steps: [],
      checks: [],
      refusedRequests: [],
    },
    ...fields,
  };
}

const found = job().environmentValidation;
const failed = job({
  state: 'FAILED',
  statusDetail: 'SETUP_SCRIPT_FAILED',
  stateInfo: { message: 'exit code 3', cause: 'USER', subjects: [], actions: [] },
  startTime: '2026-05-04T10:00:00Z',
  endTime: '2026-05-04T10:00:12Z',
  environmentValidation: found && {
    ...found,
    sandbox: {
      driver: 'BUBBLEWRAP',
      boundary: 'FULL',
      missing: ['CPU limit'],
      fileSystem: 'OVERLAY',
      setupCache: 'MISS',
      setupCacheReason: 'FIRST_USE',
    },
    steps: [
      { name: 'PROVISION', state: 'SUCCEEDED', statusDetail: '', message: '', duration: '0.012s' },
      { name: 'SETUP', state: 'FAILED', statusDetail: 'SETUP_SCRIPT_FAILED', message: 'exit code 3', duration: '2s' },
    ],
  },
});

describe('dry runs, jobs and draining by the heddle command', () => {
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
  const known: Routes = {
    'GET /v1/environments': json({ environments: [environment()], nextPageToken: '' }),
    'GET /v1/repositories': json({ repositories: [{ id: IDS.repository, name: 'shop' }], nextPageToken: '' }),
  };
  const validate = `POST /v1/environments/${IDS.environment}:validate`;
  const log: Answer = (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const line = { sequence: '1', stream: 'STDOUT', phase: 'SETUP', check: '', text: 'installing' };
    response.end(`id: 1\ndata: ${JSON.stringify(line)}\n\nid: 1\nevent: end\ndata: {}\n\n`);
  };

  it('starts a dry run and says how to follow it', async () => {
    const args = [
      'environment',
      'validate',
      'node',
      '--repository',
      'shop',
      '--ref',
      'v1',
      '--environment-version',
      '2',
      '--checks',
    ];
    const done = await heddle({ ...known, [validate]: json(job()) }, ...args);
    expect(done).toMatchObject({ code: 0, stdout: expect.stringContaining('VALIDATE_ENVIRONMENT  QUEUED') as unknown });
    expect(done.stderr).toContain('heddle job logs -f');
    expect(server.seen.at(-1)?.body).toMatchObject({
      repositoryId: IDS.repository,
      ref: 'v1',
      version: 2,
      runChecks: true,
      requestId: expect.any(String) as unknown,
    });
  });

  it('follows it to the end: the log, what failed, and the exit code of work that did not end well', async () => {
    const routes = {
      ...known,
      [validate]: json(job()),
      [`GET /v1/jobs/${ID}/logs`]: log,
      [`GET /v1/jobs/${ID}:wait`]: json(failed),
    };
    const done = await heddle(routes, 'environment', 'validate', 'node', '--follow');
    expect(done.code).toBe(1);
    expect(done.stderr).toMatch(new RegExp(`^Job ${ID} is QUEUED; its log follows`));
    expect(done.stdout).toMatch(/^installing\n[^]*SETUP_SCRIPT_FAILED: exit code 3[^]*without +CPU limit/);
    expect(done.stdout).toMatch(/cache +MISS FIRST_USE[^]*SETUP +FAILED +2\.0s/);
    const lines = (await heddle(routes, 'environment', 'validate', 'node', '-f', '--json')).stdout.trim().split('\n');
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([{ text: 'installing' }, { id: ID }]);
  });

  it('lists, shows and cancels jobs by a part of their id, and reads their logs', async () => {
    const listed: Routes = { 'GET /v1/jobs': json({ jobs: [failed], nextPageToken: '' }) };
    const ls = await heddle({ ...known, ...listed }, 'job', 'ls', '--environment', 'node');
    expect(ls.stdout).toMatch(/00000b0b +VALIDATE_ENVIRONMENT +FAILED/);
    expect(server.seen.at(-1)?.url).toContain(`environmentId=${IDS.environment}`);
    const none = await heddle({ 'GET /v1/jobs': json({ jobs: [], nextPageToken: '' }) }, 'job', 'ls');
    expect(none.stdout).toContain('heddle environment validate');
    const show = await heddle({ ...listed, [`GET /v1/jobs/${ID}`]: json(failed) }, 'job', 'show', '0b0b', '--json');
    expect(JSON.parse(show.stdout)).toEqual(failed);
    const cancelled = json(job({ state: 'CANCELLED', endTime: '2026-05-04T10:00:12Z' }));
    const cancel: Routes = { ...listed, [`POST /v1/jobs/${ID}:cancel`]: cancelled };
    expect(await heddle(cancel, 'job', 'cancel', '0b0b')).toMatchObject({
      code: 0,
      stdout: 'job 00000b0b  CANCELLED\n',
    });
    const logs = await heddle({ [`GET /v1/jobs/${ID}/logs`]: log }, 'job', 'logs', ID, '--json');
    expect(JSON.parse(logs.stdout)).toMatchObject({ text: 'installing' });
    const unknown = refusal(404, 'JOB_NOT_FOUND', { code: 5 });
    expect(await heddle({ [`GET /v1/jobs/${ID}`]: unknown }, 'job', 'show', ID)).toMatchObject({ code: 3 });
  });

  it('drains a runner and lets it take work again', async () => {
    const runner = {
      id: RUNNER,
      state: 'ACTIVE',
      pool: 'default',
      slots: 4,
      used: 1,
      version: '1',
      driver: 'BUBBLEWRAP',
      boundary: 'FULL',
      missing: [],
      fileSystem: 'OVERLAY',
      failedProbes: [],
      lastSeenTime: '2026-05-04T10:00:25Z',
    };
    const routes: Routes = {
      'GET /v1/admin/runners': json({ runners: [runner], nextPageToken: '' }),
      [`POST /v1/admin/runners/${RUNNER}:drain`]: json({ ...runner, drainTime: '2026-05-04T10:00:30Z' }),
      [`POST /v1/admin/runners/${RUNNER}:undrain`]: json(runner),
    };
    const drained = await heddle(routes, 'admin', 'runners', 'drain', '0a11');
    expect(drained).toMatchObject({ code: 0, stdout: expect.stringContaining('has not heard of it yet') as unknown });
    expect(drained.stderr).toContain('within ten seconds');
    const asJson = await heddle(routes, 'admin', 'runners', 'drain', RUNNER, '--json');
    expect(JSON.parse(asJson.stdout)).toMatchObject({ id: RUNNER, drainTime: '2026-05-04T10:00:30Z' });
    expect((await heddle(routes, 'admin', 'runners', 'undrain', RUNNER)).stdout).not.toContain('is to drain');
    expect((await heddle(routes, 'admin', 'runners')).stdout).toContain('ACTIVE');
    expect(await heddle(routes, 'admin', 'runners', 'drain', 'ffff')).toMatchObject({ code: 3 });
  });
});
