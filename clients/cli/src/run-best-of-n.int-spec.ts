import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Ranking } from '@heddle/sdk';
import { FakeServer, json, refusal, sse, type Routes } from '@heddle/sdk/testing';
import { runCli } from './run-cli.js';
import { MemoryKeyboard } from './testing/memory-keyboard.js';
import { MemorySink } from './testing/memory-sink.js';
import { attempt, batch, change, check, IDS, NOW, task } from './testing/samples.js';

describe('several attempts at one task', () => {
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

  const mixed = task(1, {
    agent: undefined,
    earlyStop: true,
    variants: [],
    attempts: [
      attempt(1, { variant: 'one', agent: codex('large-1'), state: 'COMPLETED' }),
      attempt(2, {
        taskId: IDS.task(1),
        attemptNumber: 2,
        variant: 'two',
        agent: codex(''),
        state: 'COMPLETED',
        modelUsage: {
          model: 'm',
          inputTokens: '1200',
          cachedInputTokens: '0',
          outputTokens: '80',
          reasoningTokens: '0',
        },
      }),
    ],
  });
  const shown = { [`GET /v1/tasks/${IDS.task(1)}`]: json(mixed) };

  it('are launched by variants, each with as many attempts as asked for', async () => {
    const routes = {
      [`GET /v1/repositories`]: json({ repositories: [{ id: IDS.repository, name: 'shop' }], nextPageToken: '' }),
      'POST /v1/tasks': json(mixed),
    };
    const variants = ['--variant', 'one=CODEX:large-1', '--variant', 'two=CLAUDE_CODE', '-n', '2', '--early-stop'];
    const done = await heddle(routes, 'run', '-r', 'shop', '-p', 'Fix it', ...variants);
    expect(done).toMatchObject({ code: 0 });
    expect(server.seen.at(-1)?.body).toMatchObject({
      earlyStop: true,
      variants: [
        { name: 'one', attempts: 2, agent: { kind: 'CODEX', model: 'large-1' } },
        { name: 'two', attempts: 2, agent: { kind: 'CLAUDE_CODE' } },
      ],
    });
    expect(server.seen.at(-1)?.body).not.toHaveProperty('attempts');
    expect(done.stdout).toMatch(/^0a77e901 +one: CODEX large-1 +COMPLETED/m);
    for (const wrong of [
      ['--agent', 'CODEX'],
      ['--', 'true'],
      ['--variant', 'CODEX'],
    ])
      expect(await heddle(routes, 'run', '-r', 'shop', '-p', 'x', '--variant', 'a=CODEX', ...wrong)).toMatchObject({
        code: 2,
        stdout: '',
      });
  });

  it('are set side by side, with what to do with the one that passed', async () => {
    const red = change(1, { checks: [check({ name: 'unit', state: 'FAILED' })] });
    const green = change(2, { taskId: IDS.task(1), checks: [check({ name: 'unit', state: 'PASSED' })] });
    const routes = { ...shown, 'GET /v1/changes': json({ changes: [red, green], nextPageToken: '' }) };
    const done = await heddle(routes, 'compare', IDS.task(1));
    expect(done.code).toBe(0);
    expect(done.stdout).toMatch(/^1 +0a77e901 +one +CODEX large-1 +COMPLETED +unit FAILED +/m);
    expect(done.stdout).toMatch(/^2 +0a77e902 +two +CODEX +COMPLETED +1 passed +.* 1200 in, 80 out +/m);
    expect(done.stdout).toContain('Passed everything: 0a77e902. heddle diff 0a77e902');
    const greens = { ...routes, 'GET /v1/changes': json({ changes: [change(1), green], nextPageToken: '' }) };
    expect((await heddle(greens, 'compare', IDS.task(1))).stdout).toMatch(
      /Passed everything: 0a77e901, 0a77e902\. Which is better: heddle rank \w+/,
    );
    const unchecked = {
      ...routes,
      'GET /v1/changes': json({ changes: [change(1, { checks: [] })], nextPageToken: '' }),
    };
    expect((await heddle(unchecked, 'compare', IDS.task(1))).stdout).toMatch(
      /Completed, and no check says more: 0a77e901/,
    );
    const both = await heddle(routes, 'compare', IDS.task(1), '--json');
    expect(JSON.parse(both.stdout)).toMatchObject({ task: { id: IDS.task(1) }, changes: [{ id: red.id }, {}] });
  });

  it('are done well where one has passed, whatever came of the others', async () => {
    const routes = (second: 'FAILED' | 'PASSED'): Routes => ({
      'GET /v1/events': sse('', 'STAY'),
      [`GET /v1/batches/${IDS.batch}`]: json(batch({ state: 'COMPLETED', tasks: [{ ...mixed, state: 'COMPLETED' }] })),
      [`GET /v1/attempts/${IDS.attempt(1)}/checks`]: json({ checks: [check({ name: 'unit', state: 'FAILED' })] }),
      [`GET /v1/attempts/${IDS.attempt(2)}/checks`]: json({ checks: [check({ name: 'unit', state: second })] }),
    });
    expect(await heddle(routes('PASSED'), 'watch', IDS.batch)).toMatchObject({ code: 0 });
    expect(await heddle(routes('FAILED'), 'watch', IDS.batch)).toMatchObject({ code: 1 });
  });

  const ranking = (fields: Partial<Ranking> = {}): Ranking => ({
    taskId: IDS.task(1),
    outcome: 'WINNER',
    confidence: 'HIGH',
    bestAttemptIds: [IDS.attempt(2)],
    reasons: [{ code: 'TESTS_AGREE', message: 'Tests speak against the others.', attemptIds: [IDS.attempt(2)] }],
    candidates: [candidate(2, { rank: 1, votesFor: 2 }), candidate(1, { rank: 2, votesAgainst: 1, risks: ['CI'] })],
    tests: [
      {
        authorAttemptId: IDS.attempt(2),
        path: 'a.test.js',
        votes: true,
        message: '',
        distinguishes: true,
        results: [
          { attemptId: '', state: 'FAILED' },
          { attemptId: IDS.attempt(1), state: 'FAILED' },
        ],
      },
    ],
    openAttemptIds: [],
    pendingTrials: 0,
    targetBranch: 'main',
    accuracy: { picks: 3, agreed: 2, low: 0.21, high: 0.94 },
    computeTime: '2026-05-04T10:00:00Z',
    ...fields,
  });

  it('are ranked, with reasons and with the tests that tell them apart', async () => {
    const path = `GET /v1/tasks/${IDS.task(1)}/ranking`;
    const done = await heddle({ ...shown, [path]: json(ranking()) }, 'rank', IDS.task(1));
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(done.stdout).toContain('Best: 0a77e902  (confidence high)\n  Tests speak against the others.');
    expect(done.stdout).toMatch(/^ +1 +2 +0a77e902 +2 for, 0 against +20 +2 +- +-$/m);
    expect(done.stdout).toMatch(/^ +2 +1 +0a77e901 +0 for, 1 against +20 +2 +- +touches CI$/m);
    expect(done.stdout).toContain('a.test.js of #2: base FAILED, #1 FAILED');
    expect(done.stdout).toContain('2 of 3 rankings (21 % to 94 %)');
    expect(done.stdout).toContain('heddle select 0a77e902');
    const gates = [{ reason: 'CONFLICT', message: 'does not apply', paths: ['a\u001b[31m.txt'] }];
    const none = ranking({
      outcome: 'NO_WINNER',
      bestAttemptIds: [],
      candidates: [candidate(1, { gates })],
    });
    const without = await heddle({ ...shown, [path]: json(none) }, 'rank', IDS.task(1));
    expect(without.stdout).toContain('No winner\n');
    expect(without.stdout).toContain('does not apply: a');
    expect(without.stdout).not.toContain('\u001b');
  });

  it('are picked from, by their ids, with a word on why', async () => {
    const selection = {
      attemptId: IDS.attempt(2),
      headCommit: 'c',
      principal: 'ann',
      comment: 'reads better',
      rank: 1,
      outcome: 'WINNER',
      selectTime: '2026-05-04T10:00:00Z',
    } as const;
    const routes = {
      [`GET /v1/attempts/${IDS.attempt(2)}`]: json(attempt(2, { taskId: IDS.task(1) })),
      [`POST /v1/tasks/${IDS.task(1)}:selectAttempt`]: json(ranking({ selection })),
    };
    const done = await heddle(routes, 'select', IDS.attempt(2), '-m', 'reads better');
    expect(done).toMatchObject({ code: 0, stdout: 'selected 0a77e902  rank 1\n' });
    expect(server.seen.at(-1)?.body).toMatchObject({ attemptId: IDS.attempt(2), comment: 'reads better' });
  });

  it('say which of them has landed', async () => {
    const landed = { ...mixed, attempts: [attempt(1), attempt(2, { attemptNumber: 2, landingState: 'LANDED' })] };
    const routes = {
      [`GET /v1/tasks/${IDS.task(1)}`]: json(landed),
      'GET /v1/changes': json({ changes: [change(2)], nextPageToken: '' }),
    };
    expect((await heddle(routes, 'compare', IDS.task(1))).stdout).toContain('Attempt 2 has landed');
  });

  it('become one more by a retry, of a variant or by another agent', async () => {
    const more = attempt(3, { attemptNumber: 3, variant: 'one', state: 'QUEUED' });
    const path = `POST /v1/tasks/${IDS.task(1)}/attempts`;
    const routes = { ...shown, [path]: json(more) };
    const done = await heddle(routes, 'task', 'retry', IDS.task(1), '--variant', 'one');
    expect(done).toMatchObject({ code: 0, stdout: 'attempt 0a77e903  number 3 of one  QUEUED\n' });
    expect(server.seen.at(-1)?.body).toEqual({ variant: 'one', requestId: expect.any(String) });
    expect(await heddle(routes, 'task', 'retry', IDS.task(1), '--', 'sh', '-c', 'true')).toMatchObject({ code: 0 });
    expect(server.seen.at(-1)?.body).toMatchObject({ agent: { kind: 'COMMAND', command: ['sh', '-c', 'true'] } });
    const full = { ...shown, [path]: refusal(400, 'ATTEMPT_LIMIT', { code: 9 }) };
    expect(await heddle(full, 'task', 'retry', IDS.task(1))).toMatchObject({ code: 3, stdout: '' });
  });
});

function codex(model: string) {
  return { kind: 'CODEX', command: [], version: '', model, effort: '', args: [], credentialId: '', mcpServers: [] };
}

function candidate(number: number, fields: Partial<Ranking['candidates'][number]> = {}): Ranking['candidates'][number] {
  return {
    attemptId: IDS.attempt(number),
    attemptNumber: number,
    variant: '',
    changeId: '',
    headCommit: '',
    rank: 0,
    gates: [],
    solution: '',
    votesFor: 0,
    votesAgainst: 0,
    score: 0,
    changedLines: 20,
    changedFiles: 2,
    tokens: '0',
    risks: [],
    ...fields,
  };
}
