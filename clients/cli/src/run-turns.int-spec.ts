import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { FakeServer, json, type Routes } from '@heddle/sdk/testing';
import { runCli } from './run-cli.js';
import { MemoryKeyboard } from './testing/memory-keyboard.js';
import { MemorySink } from './testing/memory-sink.js';
import { attempt, IDS, NOW } from './testing/samples.js';

describe('further turns by the heddle command', () => {
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
      readStdin: () => Promise.resolve('From standard input.'),
      keyboard: new MemoryKeyboard(),
    });
    return { code, stdout: stdout.text, stderr: stderr.text };
  }

  it('sends a message to an attempt, and lists its turns with what each was told', async () => {
    const id = IDS.attempt(1);
    const known = { [`GET /v1/attempts/${id}`]: json(attempt(1)) };
    const messages = `POST /v1/attempts/${id}/messages`;
    const reopened = { ...known, [messages]: json(attempt(1, { state: 'QUEUED', turn: 2 })) };
    expect(await heddle(reopened, 'message', id, 'And tests.')).toMatchObject({
      code: 0,
      stdout: 'attempt 0a77e901  QUEUED\n',
      stderr: expect.stringContaining('Its next turn begins'),
    });
    expect(server.seen.at(-1)?.body).toMatchObject({ text: 'And tests.', delivery: 'QUEUE' });
    const running = { ...known, [messages]: json(attempt(1)) };
    expect(await heddle(running, 'message', id, '-', '--interrupt')).toMatchObject({
      stderr: expect.stringContaining('It is the next turn'),
    });
    expect(server.seen.at(-1)?.body).toMatchObject({ text: 'From standard input.', delivery: 'INTERRUPT' });
    expect(await heddle(running, 'message', id, 'Not that.', '--steer')).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('It is told within seconds'),
    });
    expect(server.seen.at(-1)?.body).toMatchObject({ text: 'Not that.', delivery: 'STEER' });
    expect(await heddle(running, 'message', id, 'x', '--steer', '--interrupt')).toMatchObject({ code: 2, stdout: '' });
    const turn = { attemptId: id, state: 'COMPLETED', statusDetail: '', principal: '', createTime: NOW.toISOString() };
    const turns = [
      { ...turn, turn: 1, message: '', conversation: '', answer: '' },
      { ...turn, turn: 2, message: 'And\ntests.', conversation: 'RESUMED', answer: '' },
    ];
    const listed = await heddle(
      { ...known, [`GET /v1/attempts/${id}/turns`]: json({ turns }) },
      'attempt',
      'turns',
      id,
    );
    expect(listed.code).toBe(0);
    expect(listed.stdout).toMatch(/1\s+COMPLETED\s+-\s+-\s+-\s+the task's prompt\n/);
    expect(listed.stdout).toMatch(/2\s+COMPLETED\s+resumed .*And␤tests\./);
  });
});
