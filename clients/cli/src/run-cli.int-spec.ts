import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Attempt } from '@heddle/sdk';
import { FakeServer, json, refusal, sse, type Routes } from '@heddle/sdk/testing';
import { runCli } from './run-cli.js';
import { MemoryKeyboard } from './testing/memory-keyboard.js';
import { MemorySink } from './testing/memory-sink.js';
import { attempt, batch, change, check, IDS, landing, NOW, task } from './testing/samples.js';

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

describe('the heddle command', () => {
  const server = new FakeServer();
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'heddle-cli-'));
    await server.start();
  });

  afterEach(() => {
    server.serve({});
    server.seen.length = 0;
  });

  afterAll(async () => {
    await server.stop();
    await rm(directory, { recursive: true });
  });

  const heddle = async (routes: Routes, ...args: readonly string[]): Promise<Run> => {
    server.serve(routes);
    return run(args, { HEDDLE_URL: server.url, HEDDLE_TOKEN: 't' });
  };

  const run = async (args: readonly string[], env: NodeJS.ProcessEnv, stdout = new MemorySink()): Promise<Run> => {
    const stderr = new MemorySink();
    const code = await runCli({
      args,
      env,
      stdout,
      stderr,
      signal: new AbortController().signal,
      version: '9.9.9',
      now: () => NOW,
      readStdin: () => Promise.resolve('tasks: [{prompt: from stdin}]'),
      keyboard: new MemoryKeyboard(),
    });
    return { code, stdout: stdout.text, stderr: stderr.text };
  };

  const repositories = json({
    repositories: [{ id: IDS.repository, name: 'shop', url: '/srv/shop', state: 'ACTIVE', statusDetail: '' }],
    nextPageToken: '',
  });
  const page = (key: string, items: readonly unknown[]) => json({ [key]: items, nextPageToken: '' });

  it('launches a batch from standard input on the only repository', async () => {
    const done = await heddle(
      { 'GET /v1/repositories': repositories, 'POST /v1/batches': json(batch()) },
      'batch',
      'create',
      '-f',
      '-',
    );
    expect(done).toMatchObject({ code: 0, stderr: 'Watch it: heddle watch 000ba7c4\n' });
    expect(done.stdout).toContain('Batch 000ba7c4  RUNNING');
    expect(server.seen.at(-1)?.body).toMatchObject({
      repositoryId: IDS.repository,
      tasks: [{ prompt: 'from stdin' }],
      requestId: expect.any(String),
    });
  });

  it('launches one task with its agent and its checks', async () => {
    const routes = { 'GET /v1/repositories': repositories, 'POST /v1/tasks': json(task(1)) };
    const args = [
      'run',
      '-r',
      'shop',
      '-p',
      'Fix it',
      '-c',
      'unit=npm test',
      '-n',
      '2',
      '--',
      'bash',
      '-c',
      'echo --json',
    ];
    expect(await heddle(routes, ...args)).toMatchObject({ code: 0 });
    expect(server.seen.at(-1)?.body).toMatchObject({
      prompt: 'Fix it',
      attempts: 2,
      agent: { kind: 'COMMAND', command: ['bash', '-c', 'echo --json'] },
      checks: [{ name: 'unit', command: ['sh', '-c', 'npm test'] }],
    });
  });

  it('launches one task with an agent of a kind, and says what does not go together', async () => {
    const routes = { 'GET /v1/repositories': repositories, 'POST /v1/tasks': json(task(1)) };
    const settings = [
      '--agent',
      'CODEX',
      '-m',
      'large-1',
      '--effort',
      'high',
      '--credential',
      'team',
      '--agent-arg',
      '-c',
      ...['--mcp', 'notes=node tools/notes.mjs --level=2', '--mcp', 'docs=https://mcp.example.com/v1'],
    ];
    expect(await heddle(routes, 'run', '-r', 'shop', '-p', 'Fix it', ...settings)).toMatchObject({ code: 0 });
    expect(server.seen.at(-1)?.body).toMatchObject({
      agent: {
        ...{ kind: 'CODEX', model: 'large-1', effort: 'high', credentialId: 'team', args: ['-c'] },
        mcpServers: [
          { name: 'notes', command: ['node', 'tools/notes.mjs', '--level=2'] },
          { name: 'docs', url: 'https://mcp.example.com/v1' },
        ],
      },
    });
    for (const wrong of [
      ['--agent', 'CODEX', '--', 'true'],
      ['--model', 'large-1'],
      ['--agent', 'CODEX', '--mcp', 'node tools/notes.mjs'],
    ])
      expect(await heddle(routes, 'run', '-r', 'shop', '-p', 'Fix it', ...wrong)).toMatchObject({
        code: 2,
        stdout: '',
      });
  });

  it('prints what an agent did, and where to look where it tells nothing', async () => {
    const path = `GET /v1/attempts/${IDS.attempt(1)}/activities`;
    const known = { [`GET /v1/attempts/${IDS.attempt(1)}`]: json(attempt(1)) };
    const none = await heddle({ ...known, [path]: (response) => void response.end() }, 'activity', IDS.attempt(1));
    expect(none).toMatchObject({ code: 0, stdout: '', stderr: expect.stringContaining('heddle logs') as unknown });
    const activities = [
      { sequence: '2', kind: 'COMMAND', status: 'FAILED', summary: 'npm test' },
      { sequence: '5', kind: 'USAGE', usage: { inputTokens: '7', cachedInputTokens: '3', outputTokens: '2' } },
    ];
    const body = activities.map((activity) => `${JSON.stringify(activity)}\n`).join('');
    const some = await heddle({ ...known, [path]: (response) => void response.end(body) }, 'activity', IDS.attempt(1));
    expect(some.stdout).toBe('command     npm test (failed)\nusage       7 tokens in (3 from a cache), 2 out\n');
  });

  it('prints the documents of the API with --json, and nothing beside them', async () => {
    const done = await heddle(
      { [`GET /v1/batches/${IDS.batch}`]: json(batch()) },
      'batch',
      'show',
      IDS.batch,
      '--json',
    );
    expect(JSON.parse(done.stdout)).toEqual(batch());
    expect(done).toMatchObject({ code: 0, stderr: '' });
  });

  it('takes a part of an id where it means only one', async () => {
    const routes = {
      'GET /v1/changes': page('changes', [change(1), change(2)]),
      'GET /v1/attempts': page('attempts', [attempt(1)]),
      'GET /v1/tasks': page('tasks', []),
      [`GET /v1/changes/${IDS.change(2)}`]: json(change(2)),
      [`POST /v1/changes/${IDS.change(2)}/verdicts`]: json({ verdict: 'APPROVE', headCommit: change(2).headCommit }),
    };
    const done = await heddle(routes, 'approve', '000c4a02');
    expect(done).toMatchObject({ code: 0, stdout: 'APPROVED  000c4a02 at fedcba9876  Task number 2\n' });
    const posted = server.seen.find(({ method }) => method === 'POST');
    expect(posted?.body).toMatchObject({ verdict: 'APPROVE', headCommit: change(2).headCommit });
    expect(await heddle(routes, 'approve', '019ab000')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('AMBIGUOUS'),
    });
    expect(await heddle(routes, 'approve', 'ffffffff')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('NOT_FOUND'),
    });
  });

  it('lands in the order given, and ends with 1 if one conflicts', async () => {
    const settled = [
      landing(1),
      landing(2, { state: 'CONFLICTED', reason: 'CONFLICT', landedCommit: undefined, conflictPaths: ['a.js'] }),
    ];
    const routes = {
      [`GET /v1/changes/${IDS.change(1)}`]: json(change(1)),
      [`GET /v1/changes/${IDS.change(2)}`]: json(change(2)),
      [`GET /v1/landings/${IDS.landing(1)}:wait`]: json(settled[0]),
      [`GET /v1/landings/${IDS.landing(2)}:wait`]: json(settled[1]),
    };
    const { 1: first, 2: second } = { 1: landing(1, { state: 'QUEUED' }), 2: landing(2, { state: 'QUEUED' }) };
    server.serve(routes);
    const post = { 'POST /v1/landings': json(first) };
    const one = await heddle({ ...routes, ...post }, 'land', IDS.change(1), '-b', 'main');
    expect(one).toMatchObject({ code: 0, stdout: expect.stringMatching(/LANDED +\w+ +Task number 1 +→ main/) });
    expect(server.seen.find(({ method }) => method === 'POST')?.body).toMatchObject({
      changeId: IDS.change(1),
      targetBranch: 'main',
    });
    const two = await heddle({ ...routes, 'POST /v1/landings': json(second) }, 'land', IDS.change(2));
    expect(two).toMatchObject({ code: 1, stdout: expect.stringContaining('conflict in a.js') });
  });

  it('ends with 1 if a check that counts is red', async () => {
    const routes = (state: 'FAILED' | 'PASSED') => ({
      [`GET /v1/changes/${IDS.change(1)}`]: json(change(1)),
      [`GET /v1/attempts/${IDS.attempt(1)}/checks`]: json({ checks: [check({ state })] }),
    });
    expect(await heddle(routes('FAILED'), 'checks', IDS.change(1))).toMatchObject({ code: 1 });
    expect(await heddle(routes('PASSED'), 'checks', IDS.change(1))).toMatchObject({ code: 0 });
  });

  it('watches to the end, and ends with 1 if a task failed', async () => {
    const failed = batch({
      state: 'COMPLETED',
      tasks: [task(1, { state: 'FAILED', attempts: [attempt(1, { state: 'FAILED' })] })],
    });
    const routes = { 'GET /v1/events': sse('', 'STAY'), [`GET /v1/batches/${IDS.batch}`]: json(failed) };
    expect(await heddle(routes, 'watch', IDS.batch)).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('FAILED'),
    });
  });

  it('stops watching when --timeout is over', async () => {
    const routes = { 'GET /v1/events': sse('', 'STAY'), [`GET /v1/batches/${IDS.batch}`]: json(batch()) };
    const done = await heddle(routes, 'watch', IDS.batch, '--timeout', '300ms');
    expect(done).toMatchObject({ code: 5, stderr: expect.stringContaining('goes on') });
  });

  it('gives a pipe the bytes of a log, and a terminal harmless text', async () => {
    const printed = Buffer.concat([Buffer.from('\u001b[31mred\n'), Buffer.from([0xff, 0x0a])]);
    const routes: Routes = {
      [`GET /v1/attempts/${IDS.attempt(1)}`]: json(attempt(1)),
      [`GET /v1/attempts/${IDS.attempt(1)}/logs`]: (response) => {
        response.writeHead(200).end(printed);
      },
    };
    server.serve(routes);
    const env = { HEDDLE_URL: server.url, HEDDLE_TOKEN: 't' };
    const pipe = new MemorySink();
    await run(['logs', IDS.attempt(1)], env, pipe);
    expect(pipe.bytes).toEqual(printed);
    const terminal = new MemorySink({ columns: 80, rows: 24 });
    await run(['logs', IDS.attempt(1)], env, terminal);
    expect(terminal.text).toBe('␛[31mred\n\ufffd\n');
  });

  it('writes the patch of a change to a pipe as it is', async () => {
    const routes: Routes = {
      [`GET /v1/changes/${IDS.change(1)}`]: json(change(1)),
      [`GET /v1/changes/${IDS.change(1)}/patch`]: (response) => {
        response.writeHead(200, { 'content-type': 'text/x-patch' }).end('diff --git\n\u0000binary');
      },
    };
    expect(await heddle(routes, 'diff', IDS.change(1))).toEqual({
      code: 0,
      stdout: 'diff --git\n\u0000binary',
      stderr: '',
    });
  });

  it('tells a refusal with what to do about it, and ends with 3', async () => {
    const done = await heddle({ 'GET /v1/repositories': refusal(401, 'TOKEN_INVALID', { code: 16 }) }, 'repo', 'ls');
    expect(done.code).toBe(3);
    expect(done.stderr).toContain('(TOKEN_INVALID)');
    expect(done.stderr).toContain('HEDDLE_TOKEN');
    const asJson = await heddle(
      { 'GET /v1/repositories': refusal(401, 'TOKEN_INVALID', { code: 16 }) },
      'repo',
      'ls',
      '--json',
    );
    expect(JSON.parse(asJson.stderr)).toMatchObject({ error: { reason: 'TOKEN_INVALID', metadata: { id: 'x' } } });
  });

  it('names a missing file, a broken file and a wrong option before it asks any server, and ends with 2', async () => {
    const file = join(directory, 'bad.yaml');
    await writeFile(file, 'tasks: [');
    for (const args of [
      ['batch', 'create', '-f', join(directory, 'none.yaml')],
      ['batch', 'create', '-f', file],
      ['batch', 'create'],
      ['watch', '--timeout', 'soon'],
      ['run', '--', 'true'],
      ['nonsense'],
      ['land'],
      ['logs', 'x', '--stream', 'NOISE'],
    ]) {
      expect({ args, ...(await heddle({}, ...args)) }).toMatchObject({ args, code: 2, stdout: '' });
    }
    expect(server.seen).toEqual([]);
  });

  it('pauses and resumes an attempt, and says whether it is so yet', async () => {
    const id = IDS.attempt(1);
    const turn = (verb: string, answer: Attempt): Promise<Run> => {
      const known = { [`GET /v1/attempts/${id}`]: json(attempt(1)) };
      return heddle({ ...known, [`POST /v1/attempts/${id}:${verb}`]: json(answer) }, 'attempt', verb, id);
    };
    const done = attempt(1, { statusDetail: 'PAUSED', pauseTime: '2026-05-04T10:00:25Z' });
    expect(await turn('pause', attempt(1))).toMatchObject({ code: 0, stderr: 'It is being paused.\n' });
    expect(await turn('pause', done)).toEqual({ code: 0, stdout: 'attempt 0a77e901  RUNNING PAUSED\n', stderr: '' });
    expect(await turn('resume', attempt(1))).toEqual({ code: 0, stdout: 'attempt 0a77e901  RUNNING\n', stderr: '' });
  });

  it('says that there is no server, and ends with 4', async () => {
    expect(await run(['status'], { HEDDLE_DATA_DIR: directory })).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('npm start'),
    });
    await server.stop();
    const away = await run(['system', 'status'].slice(1), { HEDDLE_URL: server.url, HEDDLE_TOKEN: 't' });
    expect(away).toMatchObject({ code: 4, stderr: expect.stringContaining('UNREACHABLE') });
    await server.start();
  });

  it('prints help and version, and ends with 0', async () => {
    expect(await heddle({}, '--version')).toMatchObject({ code: 0, stdout: '9.9.9\n' });
    expect(await heddle({}, 'land', '--help')).toMatchObject({ code: 0, stdout: expect.stringContaining('--no-wait') });
  });

  it('says what to do where there is nothing yet', async () => {
    expect(await heddle({ 'GET /v1/repositories': page('repositories', []) }, 'repo', 'ls')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('heddle repo add'),
    });
    expect(await heddle({ 'GET /v1/admin/runners': page('runners', []) }, 'admin', 'runners')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('No runner has reported itself yet'),
    });
    expect(await heddle({ 'GET /v1/admin/runners': page('runners', []) }, 'admin', 'runners', '--json')).toMatchObject({
      code: 0,
      stdout: '{\n  "runners": []\n}\n',
    });
    expect(await heddle({ 'GET /v1/admin/agents': json({ agents: [] }) }, 'admin', 'agents', 'ls')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('heddle admin agents install'),
    });
    expect(await heddle({ 'GET /v1/batches': page('batches', []) }, 'watch')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('heddle batch create'),
    });
    expect(
      await heddle({ 'GET /v1/repositories': page('repositories', []) }, 'run', '-p', 'x', '--', 'true'),
    ).toMatchObject({ code: 3, stderr: expect.stringContaining('heddle repo add') });
  });
});
