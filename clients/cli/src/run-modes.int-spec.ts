import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Plan } from '@heddle/sdk';
import { FakeServer, json, refusal, type Routes } from '@heddle/sdk/testing';
import { runCli } from './run-cli.js';
import { MemoryKeyboard } from './testing/memory-keyboard.js';
import { MemorySink } from './testing/memory-sink.js';
import { attempt, batch, IDS, NOW, task } from './testing/samples.js';

const ID = IDS.attempt(1);
const waiting = attempt(1, { state: 'WAITING_FOR_USER', statusDetail: 'PLAN_APPROVAL' });

function plan(fields: Partial<Plan> = {}): Plan {
  return {
    attemptId: ID,
    version: 1,
    text: '1. Look\u001b[2J\n',
    createTime: NOW.toISOString(),
    approver: '',
    ...fields,
  };
}

describe('questions and plans by the heddle command', () => {
  const server = new FakeServer();

  beforeAll(() => server.start());
  afterEach(() => {
    server.serve({});
    server.seen.length = 0;
  });
  afterAll(() => server.stop());

  async function heddle(routes: Routes, ...args: readonly string[]) {
    server.serve(routes);
    const stdout = new MemorySink();
    const stderr = new MemorySink();
    const code = await runCli({
      args,
      env: { HEDDLE_URL: server.url, HEDDLE_TOKEN: 't' },
      stdout,
      stderr,
      signal: new AbortController().signal,
      version: '9.9.9',
      now: () => NOW,
      readStdin: () => Promise.resolve('1. Only look\n'),
      keyboard: new MemoryKeyboard(),
    });
    return { code, stdout: stdout.text, stderr: stderr.text };
  }

  const launched = {
    'GET /v1/repositories': json({ repositories: [{ id: IDS.repository, name: 'shop' }], nextPageToken: '' }),
    'POST /v1/tasks': json(task(1)),
  };
  const ask = ['run', '-r', IDS.repository, '-p', 'Where is it?', '--agent', 'CODEX', '--mode', 'ask'];

  it('waits for an answer, and prints nothing else to standard output', async () => {
    const attempts = [attempt(1, { state: 'COMPLETED', answer: 'In\u001b[2J src/cart.js.\nLine 3.' })];
    const ended = json(task(1, { mode: 'ASK', state: 'COMPLETED', attempts }));
    const asked = await heddle({ ...launched, [`GET /v1/tasks/${IDS.task(1)}:wait`]: ended }, ...ask);
    expect(asked).toEqual({ code: 0, stdout: 'In␛[2J src/cart.js.\nLine 3.\n', stderr: '' });
    expect(server.seen.find(({ method }) => method === 'POST')?.body).toMatchObject({ mode: 'ASK' });
  });

  it('says why there is no answer', async () => {
    const attempts = [attempt(1, { state: 'FAILED', statusDetail: 'ASK_LEFT_CHANGE', answer: 'I did it.' })];
    const ended = json(task(1, { mode: 'ASK', state: 'FAILED', statusDetail: 'ASK_LEFT_CHANGE', attempts }));
    const asked = await heddle({ ...launched, [`GET /v1/tasks/${IDS.task(1)}:wait`]: ended }, ...ask);
    expect(asked).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('FAILED ASK_LEFT_CHANGE') });
    expect(await heddle(launched, ...ask.slice(0, -1), 'think')).toMatchObject({ code: 2, stdout: '' });
  });

  it('says what to do where a change is asked for and a plan waits', async () => {
    const routes = {
      [`GET /v1/attempts/${ID}`]: json(waiting),
      'GET /v1/attempts': json({ attempts: [waiting], nextPageToken: '' }),
      'GET /v1/tasks': json({ tasks: [task(1)], nextPageToken: '' }),
      [`GET /v1/tasks/${IDS.task(1)}`]: json(task(1, { mode: 'PLAN', attempts: [waiting] })),
      'GET /v1/changes': json({ changes: [], nextPageToken: '' }),
    };
    for (const [command, id] of [
      ['approve', '0a77e901'],
      ['diff', '0a77e901'],
      ['approve', IDS.task(1).slice(-8)],
    ] as const)
      expect(await heddle(routes, command, id)).toMatchObject({
        code: 3,
        stdout: '',
        stderr: expect.stringContaining('heddle plan show 0a77e901, heddle plan approve 0a77e901'),
      });
  });

  it('ends to watch where a plan waits, and says what to do', async () => {
    const one = task(1, { mode: 'PLAN', state: 'WAITING_FOR_USER', attempts: [waiting] });
    const routes = {
      [`GET /v1/batches/${IDS.batch}`]: json(batch({ state: 'WAITING_FOR_USER', tasks: [one] })),
    };
    const watched = await heddle(routes, 'watch', IDS.batch);
    expect(watched).toMatchObject({ code: 6, stdout: expect.stringContaining('WAITING_FOR_USER') });
    expect(watched.stderr).toContain('heddle plan show 0a77e901, heddle plan approve 0a77e901');
  });

  it('shows a plan, harmless, and what became of it', async () => {
    const routes = { [`GET /v1/attempts/${ID}`]: json(waiting) };
    const path = `GET /v1/attempts/${ID}/plan`;
    const shown = await heddle({ ...routes, [path]: json(plan()) }, 'plan', 'show', ID);
    expect(shown).toMatchObject({ code: 0, stdout: '1. Look␛[2J\n', stderr: expect.stringContaining('plan approve') });
    const edited = plan({ approveTime: NOW.toISOString(), approver: 'eve', approvedText: '1. Only look' });
    const later = await heddle({ ...routes, [path]: json(edited) }, 'plan', 'show', ID);
    expect(later).toMatchObject({ stdout: '1. Only look\n', stderr: 'It was approved in this form.\n' });
    const document = await heddle({ ...routes, [path]: json(edited) }, 'plan', 'show', ID, '--json');
    expect(JSON.parse(document.stdout)).toEqual(edited);
  });

  it('approves one, as it is or edited, for the version that was read', async () => {
    const routes = {
      [`GET /v1/attempts/${ID}`]: json(waiting),
      [`POST /v1/attempts/${ID}:approvePlan`]: json(attempt(1, { state: 'QUEUED' })),
    };
    const approved = await heddle(routes, 'plan', 'approve', ID, '--plan-version', '2');
    expect(approved).toMatchObject({ code: 0, stdout: 'attempt 0a77e901  QUEUED\n' });
    expect(server.seen.at(-1)?.body).toEqual({ requestId: expect.any(String), planVersion: 2 });
    await heddle(routes, 'plan', 'approve', ID, '--edit', '-');
    expect(server.seen.at(-1)?.body).toEqual({ requestId: expect.any(String), text: '1. Only look\n' });
    const moved = refusal(409, 'CHANGE_MOVED');
    const refused = await heddle({ ...routes, [`POST /v1/attempts/${ID}:approvePlan`]: moved }, 'plan', 'approve', ID);
    expect(refused).toMatchObject({ code: 3, stderr: expect.stringContaining('CHANGE_MOVED') });
  });
});
