import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { FakeServer, json, refusal, type Routes } from '@heddle/sdk/testing';
import { runCli } from './run-cli.js';
import { MemoryKeyboard } from './testing/memory-keyboard.js';
import { MemorySink } from './testing/memory-sink.js';
import { change, IDS, landing, landingQueue, NOW } from './testing/samples.js';

describe('landing queues', () => {
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

  const queue = landingQueue();
  const queues = (...items: object[]) => ({ 'GET /v1/queues': json({ queues: items, nextPageToken: '' }) });
  const shown = (item: object) => ({ [`GET /v1/queues/${queue.id}`]: json(item) });
  const bodyOf = (path: string): unknown => server.seen.find(({ url }) => url === path)?.body;

  it('are shown with their settings and what waits, in its order', async () => {
    const waiting = [
      landing(2, { queueId: queue.id, state: 'QUEUED', queuePosition: 2, landedCommit: undefined, priority: 1 }),
      landing(1, { queueId: queue.id, state: 'TESTING', queuePosition: 1, landedCommit: undefined }),
      landing(3, { queueId: 'another', state: 'QUEUED', queuePosition: 1 }),
    ];
    const { code, stdout } = await heddle(
      {
        ...queues(queue),
        ...shown(landingQueue({ state: 'PAUSED', reason: 'QUEUE_PAUSED', pausedBy: 'ops', message: 'release' })),
        'GET /v1/landings': json({ landings: waiting, nextPageToken: '' }),
      },
      'queue',
      'show',
      'main',
    );
    expect(code).toBe(0);
    const lines = stdout.split('\n');
    expect(lines[0]).toBe('main  PAUSED  QUEUE_PAUSED by ops: release');
    expect(lines[1]).toContain(
      'window 16, each tested by itself, checks of the last 50 landed, red checks run twice, merge',
    );
    expect(lines.slice(4, 6).map((line) => line.split(/\s+/).slice(0, 1))).toEqual([['1'], ['2']]);
    expect(stdout).not.toContain('another');
  });

  it('are watched until nothing waits, with a line for each landing that moved', async () => {
    const open = landing(1, { queueId: queue.id, state: 'TESTING', queuePosition: 1, landedCommit: undefined });
    let looks = 0;
    const { code, stdout } = await heddle(
      {
        ...queues(queue),
        ...shown(queue),
        'GET /v1/landings': (response, request) => {
          const asksForWaiting = request.url.includes('QUEUED');
          if (asksForWaiting) looks += 1;
          const isOver = looks > 1;
          const ended = landing(1, { queueId: queue.id });
          const landings = asksForWaiting ? (isOver ? [] : [open]) : isOver ? [ended] : [];
          return json({ landings, nextPageToken: '' })(response, request);
        },
      },
      'queue',
      'show',
      '--watch',
    );
    expect(code).toBe(0);
    expect(stdout.split('\n').map((line) => line.split(/\s+/)[0])).toEqual(['TESTING', 'queue', 'LANDED', '']);
  });

  it('are paused with a reason, resumed, and set', async () => {
    const path = `/v1/queues/${queue.id}`;
    await heddle({ ...queues(queue), [`POST ${path}:pause`]: json(queue) }, 'queue', 'pause', '-m', 'release day');
    expect(bodyOf(`${path}:pause`)).toMatchObject({ message: 'release day' });
    await heddle({ ...queues(queue), [`POST ${path}:resume`]: json(queue) }, 'queue', 'resume', queue.id);
    expect(bodyOf(`${path}:resume`)).toBeDefined();
    const way = ['--style', 'squash', '--delivery', 'pull-request', '--landed-checks', '0'] as const;
    const set = ['queue', 'set', 'main', '--batch', '4', '--no-retry', ...way] as const;
    expect((await heddle({ ...queues(queue), [`PATCH ${path}`]: json(queue) }, ...set)).code).toBe(0);
    expect(bodyOf(path)).toEqual({
      batchMax: 4,
      retryFlakes: false,
      style: 'SQUASH',
      delivery: 'PULL_REQUEST',
      landedChecks: 0,
    });
    expect((await heddle(queues(queue), 'queue', 'set')).code).toBe(2);
    expect((await heddle(queues(queue), 'queue', 'set', '--style', 'octopus')).code).toBe(2);
  });

  it('are told apart by their branch, or refused', async () => {
    const two = queues(queue, landingQueue({ id: IDS.landing(9), branch: 'next' }));
    const { code, stderr } = await heddle(two, 'queue', 'pause');
    expect([code, stderr]).toEqual([2, expect.stringContaining('next')]);
    expect((await heddle(two, 'queue', 'pause', 'nothing')).code).toBe(3);
  });

  const shownChange = { [`GET /v1/changes/${IDS.change(1)}`]: json(change(1)) };

  it('take a landing in a hurry, and say beforehand what is in the way', async () => {
    const routes = { ...shownChange, 'POST /v1/landings': json(landing(1)) };
    await heddle(routes, 'land', IDS.change(1), '--fast', '--style', 'rebase', '--no-wait');
    expect(bodyOf('/v1/landings')).toMatchObject({ priority: 1, style: 'REBASE' });
    const preflight = {
      changeId: IDS.change(1),
      targetBranch: 'main',
      targetCommit: 'aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd',
      mergeable: false,
      conflictPaths: ['src/cart.js'],
      blockers: [{ reason: 'APPROVAL_MISSING', message: 'approve it first' }],
      aheadCount: 2,
    };
    const dry = { ...shownChange, [`GET /v1/changes/${IDS.change(1)}:preflight`]: json(preflight) };
    const { code, stdout } = await heddle(dry, 'land', IDS.change(1), '--dry-run');
    expect(code).toBe(1);
    expect(stdout).toContain('APPROVAL_MISSING  approve it first');
    expect(stdout).toContain('conflict in src/cart.js');
  });

  it('propose a landing at the forge, and wait until the request is open', async () => {
    const asked = landing(1, { state: 'PUSHING', delivery: 'PULL_REQUEST', landedCommit: undefined });
    const url = 'https://forge.example/acme/shop/pulls/4';
    const pullRequest = { number: 4, url, headBranch: `heddle/${asked.id}`, headCommit: asked.headCommit };
    let looks = 0;
    const routes: Routes = {
      ...shownChange,
      'POST /v1/landings': json({ ...asked, state: 'QUEUED' }),
      [`GET /v1/landings/${asked.id}`]: (response, request) => {
        looks += 1;
        return json(looks === 1 ? asked : { ...asked, state: 'PROPOSED', pullRequest })(response, request);
      },
    };
    const { code, stdout, stderr } = await heddle(routes, 'land', IDS.change(1), '--delivery', 'pull-request');
    expect(bodyOf('/v1/landings')).toMatchObject({ delivery: 'PULL_REQUEST' });
    expect([code, looks]).toEqual([0, 2]);
    expect(stdout).toContain(url);
    expect(stderr).toContain('Open at the forge');
    expect((await heddle(routes, 'land', IDS.change(1), '--delivery', 'mail')).code).toBe(2);
  });

  it('move landings, explain them, and take them back', async () => {
    const id = IDS.landing(1);
    const open = landing(1, { state: 'QUEUED', queuePosition: 1, landedCommit: undefined });
    const moved = await heddle(
      { [`POST /v1/landings/${id}:move`]: json(open) },
      'landing',
      'move',
      id,
      '--position',
      '1',
    );
    expect(moved.stderr).toContain('number 1');
    expect(bodyOf(`/v1/landings/${id}:move`)).toMatchObject({ position: 1 });
    const said = { landing: open, ahead: [landing(2)], blockers: [{ reason: 'QUEUE_PAUSED', message: 'release' }] };
    const explained = await heddle({ [`GET /v1/landings/${id}:explain`]: json(said) }, 'landing', 'explain', id);
    expect(explained.stdout).toContain('QUEUE_PAUSED: release');
    const back = landing(2, { changeId: IDS.change(1), revertsLandingId: id });
    const reverted = await heddle(
      {
        ...shownChange,
        [`POST /v1/landings/${id}:revert`]: json(back),
        [`GET /v1/landings/${back.id}:wait`]: json(back),
      },
      'revert',
      id,
    );
    expect([reverted.code, reverted.stdout]).toEqual([0, expect.stringMatching(/^LANDED +01a4d102/m)]);
    const refused = { [`POST /v1/landings/${id}:revert`]: refusal(409, 'ALREADY_REVERTED') };
    expect((await heddle(refused, 'revert', id)).code).toBe(3);
  });
});
