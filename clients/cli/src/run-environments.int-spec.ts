import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { FakeServer, json, refusal, type Routes } from '@heddle/sdk/testing';
import { runCli } from './run-cli.js';
import { MemoryKeyboard } from './testing/memory-keyboard.js';
import { MemorySink } from './testing/memory-sink.js';
import { attempt, egressRequest, environment, IDS, NOW, secret } from './testing/samples.js';

describe('environments, secrets and the network by the heddle command', () => {
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
      args,
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
  const file = async (text: string | Buffer): Promise<string> => {
    const path = join(await mkdtemp(join(directory, 'input-')), 'input');
    await writeFile(path, text);
    return path;
  };
  const listed = { 'GET /v1/environments': json({ environments: [environment()], nextPageToken: '' }) };
  const secrets = `/v1/environments/${IDS.environment}/secrets`;

  it('makes an environment of a file, and says how to work in it', async () => {
    const path = await file(
      'name: node\nsetup: { script: npm ci, inputs: [package-lock.json] }\nkeepDuration: 3600s\n',
    );
    const made = environment({
      setup: { script: 'npm ci\nnpm run build', inputs: ['package-lock.json'] },
      network: {
        setup: [{ preset: 'NPM', host: '', ports: [], methods: [], pathPrefix: '' }],
        agent: [{ preset: '', host: 'api.example', ports: [8443], methods: ['POST'], pathPrefix: '/v1' }],
      },
      limits: {
        memoryBytes: '1024',
        processes: 0,
        outputBytes: '0',
        cpuMillis: 0,
        diskBytes: '0',
        diskInodes: '0',
        openFiles: 7,
      },
      keepDuration: '3600s',
      agent: {
        kind: 'CODEX',
        command: [],
        version: '',
        model: '',
        effort: '',
        args: [],
        credentialId: '',
        mcpServers: [
          { name: 'notes', command: ['node', 'notes.mjs'], variables: {}, url: '' },
          { name: 'docs', command: [], variables: {}, url: 'https://mcp.example.com' },
        ],
      },
    });
    const done = await heddle(
      { 'POST /v1/environments': json(made) },
      'environment',
      'create',
      '-f',
      path,
      '--name',
      'n',
    );
    expect(server.seen.at(-1)?.body).toMatchObject({
      name: 'n',
      setup: { script: 'npm ci', inputs: ['package-lock.json'] },
      keepDuration: '3600s',
    });
    expect(done).toEqual({
      code: 0,
      stdout: [
        `Environment ${IDS.environment}  node  version 2`,
        'agent       CODEX',
        'mcp server  notes=node notes.mjs',
        'mcp server  docs=https://mcp.example.com',
        'limits      memoryBytes 1024, openFiles 7',
        'setup       npm ci … (2 lines)',
        'inputs      package-lock.json',
        'in setup    NPM',
        'in agent    POST api.example:8443/v1',
        'kept for    1h 00m',
        '',
      ].join('\n'),
      stderr: `Work in it: heddle run --environment node, or environmentId: node in a batch file\n`,
    });
  });

  it('changes what the file says, and takes what show printed', async () => {
    const shown = await heddle(listed, 'environment', 'show', 'node', '--json');
    const path = await file(shown.stdout);
    const routes = { ...listed, [`PATCH /v1/environments/${IDS.environment}`]: json(environment({ version: 3 })) };
    const done = await heddle(routes, 'environment', 'update', 'node', '-f', path);
    expect(server.seen.at(-1)?.body).toEqual(environment());
    expect(done).toMatchObject({ code: 0, stderr: expect.stringContaining('version 3') });
  });

  it('finds one by name or part of the id, and says where that is not enough', async () => {
    const twin = environment({ id: '019ab000-0000-7000-8000-00000000e4f2' });
    const two = { 'GET /v1/environments': json({ environments: [environment(), twin], nextPageToken: '' }) };
    expect(await heddle(two, 'environment', 'show', 'e4f2')).toMatchObject({ code: 0 });
    expect(await heddle(two, 'environment', 'show', 'node')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('AMBIGUOUS'),
    });
    expect(await heddle(two, 'environment', 'show', 'python')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('heddle environment ls'),
    });
    const earlier = { ...listed, [`GET /v1/environments/${IDS.environment}`]: json(environment({ version: 1 })) };
    expect(await heddle(earlier, 'environment', 'show', 'node', '--at', '1')).toMatchObject({
      stdout: expect.stringContaining('version 1'),
    });
  });

  it('says what to do where there is nothing yet', async () => {
    const none = { 'GET /v1/environments': json({ environments: [], nextPageToken: '' }) };
    expect((await heddle(none, 'environment', 'ls')).stdout).toContain('heddle environment create -f');
    const empty = { ...listed, [`GET ${secrets}`]: json({ secrets: [] }) };
    expect((await heddle(empty, 'environment', 'secret', 'ls', '-e', 'node')).stdout).toContain(
      'heddle environment secret set NAME --from-file FILE',
    );
    const quiet = {
      [`GET /v1/attempts/${IDS.attempt(1)}`]: json(attempt(1)),
      [`GET /v1/attempts/${IDS.attempt(1)}/egress`]: json({ requests: [], nextPageToken: '', truncated: false }),
    };
    expect((await heddle(quiet, 'egress', IDS.attempt(1))).stdout).toContain('heddle environment show');
  });

  it('uses no layer again after a reset', async () => {
    const routes = { ...listed, [`POST /v1/environments/${IDS.environment}:resetCache`]: json(environment()) };
    expect(await heddle(routes, 'environment', 'reset-cache', 'node')).toMatchObject({
      code: 0,
      stdout: 'The next sandbox of node runs its set-up anew.\n',
    });
  });

  it('sets a secret from standard input or a file, without its last line break, and never shows it', async () => {
    const put = { ...listed, [`PUT ${secrets}/NPM_TOKEN`]: json(secret()) };
    stdin = 'hush-hush\n';
    const first = await heddle(put, 'environment', 'secret', 'set', 'NPM_TOKEN', '-e', 'node');
    expect(server.seen.at(-1)?.body).toEqual({ kind: 'SETUP', value: 'hush-hush' });
    expect(first).toMatchObject({
      code: 0,
      stdout: 'NAME       KIND   GOES TO            SET\nNPM_TOKEN  SETUP  the set-up script  just now\n',
    });
    const path = await file('hush-hush-2\n\n');
    const scope = {
      kind: 'EGRESS' as const,
      hosts: ['api.example', '*.b.example'],
      methods: ['POST'],
      pathPrefix: '/v1',
    };
    const egress = { ...listed, [`PUT ${secrets}/model`]: json(secret({ name: 'model', ...scope })) };
    const args = ['--kind', 'egress', '--from-file', path, '--host', 'api.example', '*.b.example', '--method', 'POST'];
    const more = ['--path-prefix', '/v1', '--header', 'X-Key', '--format', 'Bearer {value}'];
    const second = await heddle(egress, 'environment', 'secret', 'set', 'model', '-e', 'node', ...args, ...more);
    expect(server.seen.at(-1)?.body).toEqual({
      ...scope,
      header: 'X-Key',
      format: 'Bearer {value}',
      value: 'hush-hush-2\n',
    });
    expect(second.stdout).toContain('EGRESS  POST api.example/v1 *.b.example/v1');
    expect(second.stderr).toContain('must allow them too');
    const asJson = await heddle(egress, 'environment', 'secret', 'set', 'model', '-e', 'node', ...args, '--json');
    expect(JSON.parse(asJson.stdout)).toEqual(secret({ name: 'model', ...scope }));
    for (const { stdout, stderr } of [first, second, asJson]) expect(stdout + stderr).not.toContain('hush');
  });

  it('asks no server to keep what is no value, and takes none as an argument', async () => {
    stdin = '\n';
    const set = ['environment', 'secret', 'set', 'KEY', '-e', 'node'];
    for (const args of [
      set,
      [...set, '--from-file', await file(Buffer.from([0xff, 0xfe, 0x41]))],
      [...set, '--from-file', join(directory, 'none')],
      [...set, 'hush-hush'],
      [...set, '--value', 'hush-hush'],
      ['environment', 'secret', 'set', 'KEY'],
      ['environment', 'create', '-f', await file('- x')],
    ])
      expect({ args, ...(await heddle({}, ...args)) }).toMatchObject({ args, code: 2, stdout: '' });
    expect(server.seen).toEqual([]);
  });

  it('lists and removes secrets, and tells a refusal', async () => {
    const list = { ...listed, [`GET ${secrets}`]: json({ secrets: [secret()] }) };
    expect(JSON.parse((await heddle(list, 'environment', 'secret', 'ls', '-e', 'node', '--json')).stdout)).toEqual({
      secrets: [secret()],
    });
    const remove = { ...listed, [`DELETE ${secrets}/NPM_TOKEN`]: json({}) };
    expect(await heddle(remove, 'environment', 'secret', 'delete', 'NPM_TOKEN', '-e', 'node')).toMatchObject({
      code: 0,
      stdout: 'node has no secret NPM_TOKEN any more.\n',
    });
    const missing = { ...listed, [`DELETE ${secrets}/NPM_TOKEN`]: refusal(404, 'SECRET_NOT_FOUND', { code: 5 }) };
    expect(await heddle(missing, 'environment', 'secret', 'delete', 'NPM_TOKEN', '-e', 'node')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('SECRET_NOT_FOUND'),
    });
  });

  it('rotates the keys', async () => {
    const routes = { 'POST /v1/admin/secrets:rotate': json({ keyId: 'key-1', rewrappedSecrets: 4, removedKeys: 1 }) };
    expect(await heddle(routes, 'admin', 'secrets', 'rotate')).toMatchObject({
      code: 0,
      stdout: 'Every secret and credential is under key key-1: 4 moved to it, 1 keys removed.\n',
      stderr: expect.stringContaining('Back up the key file'),
    });
  });

  it('shows what was asked of the network, over all pages, and what would allow it', async () => {
    const suggestion = { preset: '', host: 'b.example', ports: [443], methods: ['GET'], pathPrefix: '/x' };
    const refused = {
      verdict: 'REFUSED',
      host: 'b.example',
      method: 'GET',
      path: '/x',
      reason: 'HOST_NOT_ALLOWED',
    } as const;
    const pages = [
      { requests: [egressRequest()], nextPageToken: 'more', truncated: false },
      { requests: [egressRequest({ sequence: '2', ...refused, suggestion })], nextPageToken: '', truncated: true },
    ];
    const egress = `GET /v1/attempts/${IDS.attempt(1)}/egress`;
    const routes = (): Routes => {
      const left = [...pages];
      return {
        [`GET /v1/attempts/${IDS.attempt(1)}`]: json(attempt(1)),
        [egress]: (...call) => json(left.shift())(...call),
      };
    };
    const shown = await heddle(routes(), 'egress', IDS.attempt(1), '--verdict', 'REFUSED');
    expect(server.seen.at(-1)?.url).toContain('verdicts=REFUSED&pageSize=200&pageToken=more');
    expect(shown.stdout).toContain('api.example:443');
    expect(shown.stdout).toMatch(/REFUSED +GET b\.example:443\/x +HOST_NOT_ALLOWED .*GET b\.example:443\/x\n/);
    expect(shown.stdout).toContain('only the first are kept');
    const asJson = await heddle(routes(), 'egress', IDS.attempt(1), '--json');
    expect(JSON.parse(asJson.stdout)).toEqual({ requests: pages.flatMap(({ requests }) => requests), truncated: true });
  });
});
