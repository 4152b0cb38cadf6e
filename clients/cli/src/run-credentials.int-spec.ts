import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { FakeServer, json, refusal, type Routes } from '@heddle/sdk/testing';
import { runCli } from './run-cli.js';
import { MemoryKeyboard } from './testing/memory-keyboard.js';
import { MemorySink } from './testing/memory-sink.js';
import { credential, IDS, NOW } from './testing/samples.js';

const ALL = '/v1/admin/credentials';
const ONE = `${ALL}/${IDS.credential}`;

describe('credentials by the heddle command', () => {
  const server = new FakeServer();
  let directory: string;
  let stdin = '';

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

  async function heddle(routes: Routes, ...args: readonly string[]) {
    server.serve(routes);
    const [stdout, stderr] = [new MemorySink(), new MemorySink()];
    const code = await runCli({
      args: ['admin', 'credentials', ...args],
      env: { HEDDLE_URL: server.url, HEDDLE_TOKEN: 't' },
      stdout,
      stderr,
      signal: new AbortController().signal,
      version: '9.9.9',
      now: () => NOW,
      readStdin: () => Promise.resolve(stdin),
      keyboard: new MemoryKeyboard(),
    });
    return { code, stdout: stdout.text, stderr: stderr.text };
  }
  const listed = { [`GET ${ALL}`]: json({ credentials: [credential()], nextPageToken: '' }) };

  it('are made of standard input or a file, without its last line break, and never shown', async () => {
    stdin = 'sk-hush-hush\n';
    const made = await heddle({ [`POST ${ALL}`]: json(credential()) }, 'create', 'team-key', '--provider', 'OPENAI');
    expect(server.seen.at(-1)?.body).toMatchObject({
      name: 'team-key',
      kind: 'MODEL',
      provider: 'OPENAI',
      value: 'sk-hush-hush',
    });
    expect(made).toEqual({
      code: 0,
      stdout: [
        `Credential ${IDS.credential}  team-key`,
        'provider OPENAI',
        'goes to  https://api.openai.com/v1',
        'at once  any',
        'changed  just now',
        '',
      ].join('\n'),
      stderr:
        'Agents use it: heddle run --agent KIND --credential team-key, or credentialId: team-key in a batch file\n',
    });
    const path = join(directory, 'value');
    await writeFile(path, 'sk-hush-hush-2');
    const scope = ['--from-file', path, '--base-url', 'https://models.example/v1', '--at-once', '4'];
    const other = await heddle(
      { [`POST ${ALL}`]: json(credential({ maxConcurrentAttempts: 4 })) },
      'create',
      'other',
      '--provider',
      'OPENAI_COMPATIBLE',
      ...scope,
    );
    expect(server.seen.at(-1)?.body).toMatchObject({
      value: 'sk-hush-hush-2',
      baseUrl: 'https://models.example/v1',
      maxConcurrentAttempts: 4,
    });
    for (const { stdout, stderr } of [made, other]) expect(stdout + stderr).not.toContain('hush');
  });

  it('are made for forges too', async () => {
    stdin = 'hush-hush\n';
    const made = credential({ name: 'forge', kind: 'GIT', provider: 'GITEA', baseUrl: 'https://forge.example' });
    const scope = ['--kind', 'git', '--provider', 'GITEA', '--base-url', 'https://forge.example'];
    const { code, stderr } = await heddle({ [`POST ${ALL}`]: json(made) }, 'create', 'forge', ...scope);
    expect(server.seen.at(-1)?.body).toMatchObject({ name: 'forge', kind: 'GIT', provider: 'GITEA' });
    expect([code, stderr]).toEqual([0, 'Repositories use it: heddle repo add URL --credential forge\n']);
    expect((await heddle({}, 'create', 'forge', '--kind', 'ssh', '--provider', 'GITEA')).code).toBe(2);
  });

  it('are not taken as an argument, and no server is asked to keep what is no value', async () => {
    stdin = '\n';
    for (const args of [
      ['create', 'team-key', '--provider', 'OPENAI'],
      ['create', 'team-key', '--provider', 'OPENAI', 'sk-hush-hush'],
      ['create', 'team-key', '--provider', 'OPENAI', '--value', 'sk-hush-hush'],
      ['create', 'team-key'],
      ['create', 'team-key', '--provider', 'OPENAI', '--from-file', join(directory, 'none')],
      ['update', 'team-key'],
      ['update', 'team-key', '--at-once', 'many'],
    ])
      expect({ args, ...(await heddle({}, ...args)) }).toMatchObject({ args, code: 2, stdout: '' });
    expect(server.seen).toEqual([]);
  });

  it('are listed and shown, with the time for which they cool down', async () => {
    const cooling = credential({ maxConcurrentAttempts: 2, cooldownEndTime: '2026-05-04T10:01:15Z' });
    const routes = { [`GET ${ALL}`]: json({ credentials: [cooling], nextPageToken: '' }) };
    const table = await heddle(routes, 'ls');
    expect(table.stdout).toMatch(/team-key +OPENAI +https:\/\/api\.openai\.com\/v1 +2 +for 45s +just now/);
    expect((await heddle(routes, 'show', 'team-key')).stdout).toContain('cools    for 45s');
    expect(server.seen.at(-1)?.url).toContain('name=team-key');
    expect(
      JSON.parse((await heddle({ [`GET ${ONE}`]: json(cooling) }, 'show', IDS.credential, '--json')).stdout),
    ).toEqual(cooling);
    const none = { [`GET ${ALL}`]: json({ credentials: [], nextPageToken: '' }) };
    expect((await heddle(none, 'ls')).stdout).toContain('heddle admin credentials create');
    expect(await heddle(none, 'show', 'nobody')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('heddle admin credentials ls'),
    });
  });

  it('are changed as they were seen, and removed', async () => {
    stdin = 'sk-hush-hush-3';
    const update = { ...listed, [`PATCH ${ONE}`]: json(credential({ name: 'renamed' })) };
    const args = ['--name', 'renamed', '--at-once', '0', '--from-file', '-'];
    expect(await heddle(update, 'update', 'team-key', ...args)).toMatchObject({ code: 0 });
    expect(server.seen.at(-1)?.body).toEqual({
      name: 'renamed',
      maxConcurrentAttempts: 0,
      value: 'sk-hush-hush-3',
      etag: '3',
    });
    expect(await heddle({ ...listed, [`DELETE ${ONE}`]: json({}) }, 'delete', 'team-key')).toMatchObject({
      code: 0,
      stdout: 'There is no credential team-key any more.\n',
    });
    const used = { ...listed, [`DELETE ${ONE}`]: refusal(400, 'CREDENTIAL_IN_USE', { code: 9 }) };
    expect(await heddle(used, 'delete', 'team-key')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('CREDENTIAL_IN_USE'),
    });
  });
});
