import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AgentSpec, NetworkPolicy, NetworkRule } from '@heddle/contracts';
import type { SandboxOwnerRef } from '@heddle/contracts/workflows';
import { useTemporaryDirectories } from '@heddle/testing';
import { RunnerHarness } from '../../testing/runner-harness.js';
import { capture } from '../phases/capture.phase.js';
import { provision } from '../phases/provision.phase.js';
import { release } from '../phases/release.phase.js';
import { runTurn } from '../phases/run-turn.phase.js';

/** This host, for supervisors under test. */
const HOST = 'models.test';
const VALUE = 'sk-hunter2-hunter2-hunter2';

let harness: RunnerHarness;
const servers: Server[] = [];
const ports = { https: 0, http: 0 };
let isBusyOnce = false;
let seen: Pick<IncomingMessage, 'method' | 'url' | 'headers'>[] = [];

const answer: RequestListener = ({ method, url, headers }, response) => {
  seen.push({ method, url, headers });
  if (url === '/v1/busy') response.writeHead(429, { 'retry-after': '120' });
  if (isBusyOnce) response.writeHead(429, { 'retry-after': '1' });
  isBusyOnce = false;
  if (url === '/v1/overloaded') response.writeHead(529);
  response.end('answered\n');
};

beforeAll(async () => {
  const directory = await temporary('model-access');
  const script = [
    `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=authority -keyout ca.key -out ca.pem`,
    `openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=server -keyout server.key -out server.csr`,
    `printf 'subjectAltName=DNS:${HOST}' > names`,
    `openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out server.pem`,
  ].join('\n');
  execFileSync('/bin/bash', ['-ec', script], { cwd: directory, stdio: 'ignore' });
  const [key, cert] = ['server.key', 'server.pem'].map((name) => readFileSync(join(directory, name)));
  for (const [scheme, server] of [
    ['https', createHttpsServer({ key, cert }, answer)],
    ['http', createHttpServer(answer)],
  ] as const) {
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ports[scheme] = (server.address() as AddressInfo).port;
  }
  harness = await RunnerHarness.start(join(directory, 'host'), 'echo base > file');
  harness.privateHosts = [HOST];
  harness.supervisorEnvironment['NODE_EXTRA_CA_CERTS'] = join(directory, 'ca.pem');
  await harness.signalSupervisor('SIGTERM');
  harness.startSupervisor();
  await harness.restartRunner();
});

afterAll(async () => {
  expect(await harness.stop()).toEqual([]);
  for (const server of servers) server.close();
});

beforeEach(() => {
  seen = [];
  harness.refusals.length = 0;
});

// After the hooks above: directories go when nothing uses them any more.
const temporary = useTemporaryDirectories();

const url = (scheme: 'http' | 'https', path: string): string => `${scheme}://${HOST}:${String(ports[scheme])}${path}`;

function agent(
  id: string,
  script: string,
  model: { provider: string; baseUrl: string },
  credentialId = 'c1',
): SandboxOwnerRef {
  harness.model = { credentialId, name: 'team-key', value: VALUE, ...model };
  const command = { ...AgentSpec.create(), kind: 'COMMAND', command: ['bash', '-c', script], credentialId };
  return harness.attempt(id, [], { agent: command });
}

async function ran(owner: SandboxOwnerRef): Promise<string[]> {
  await provision(harness.context, owner, harness.signal);
  expect(await runTurn(harness.context, owner, 1, harness.signal)).toMatchObject({ outcome: 'EXITED', exitCode: 0 });
  await capture(harness.context, { owner, turn: 1, partial: false }, harness.signal);
  await release(harness.context, owner);
  await harness.until(() => harness.context.clearing.count === 0);
  const lines = harness.publisher.texts(owner.id);
  expect(JSON.stringify([lines, harness.requests.get(owner.id)])).not.toContain(VALUE);
  return lines;
}

const code = `curl -sS -m 30 -o /dev/null -w '%{http_code}\\n'`;

describe('the way of an agent to its model', () => {
  it.each([
    ['ANTHROPIC', 'https', 'x-api-key', VALUE],
    ['GEMINI', 'https', 'x-goog-api-key', VALUE],
    ['OPENAI', 'https', 'authorization', `Bearer ${VALUE}`],
    ['OPENAI_COMPATIBLE', 'http', 'authorization', `Bearer ${VALUE}`],
  ] as const)(
    'of %s carries the key in place of what the agent sends, over %s',
    async (provider, scheme, header, sent) => {
      const script = [
        'echo "$HEDDLE_MODEL_PROVIDER $HEDDLE_MODEL_BASE_URL"',
        `curl -sS -m 30 -H '${header}: placeholder' -d '{}' "$HEDDLE_MODEL_BASE_URL/messages"`,
        `node -e 'fetch(process.env.HEDDLE_MODEL_BASE_URL + "/models").then((r) => r.text()).then((t) => process.stdout.write(t))'`,
      ].join('\n');
      const baseUrl = url(scheme, '/v1');
      const lines = await ran(agent(`key-${provider}`, script, { provider, baseUrl }));
      expect(lines).toEqual([`${provider} ${baseUrl}`, 'answered', 'answered']);
      expect(seen.map(({ method, url: path, headers }) => [method, path, headers[header]])).toEqual([
        ['POST', '/v1/messages', sent],
        ['GET', '/v1/models', sent],
      ]);
    },
  );

  it('is the only one, and the key is nowhere in the sandbox', async () => {
    const base = url('https', '/v1');
    const search = [
      `value=$(echo ${Buffer.from(VALUE).reverse().toString()} | rev)`,
      'for file in /proc/[0-9]*/environ; do if grep -qs "$value" "$file"; then echo "found in $file"; fi; done',
      'grep -rlsF "$value" ~ /workspace /run /tmp /etc; echo looked',
    ];
    const asks = [
      `${code} ${base}/messages`,
      `${code} -X DELETE ${base}/messages`,
      `${code} ${url('https', '/v2/admin')}`,
      `${code} ${url('https', '/v1/../v2/admin')} --path-as-is`,
      `${code} ${url('http', '/v1/messages')}`,
      `${code} http://other.test:${String(ports.http)}/`,
    ];
    const owner = agent('only', [...asks, ...search].join('\n'), { provider: 'ANTHROPIC', baseUrl: base });
    expect(await ran(owner)).toEqual(['200', '403', '403', '403', '403', '403', 'looked']);
    expect(seen.map(({ method, url: path }) => `${String(method)} ${String(path)}`)).toEqual(['GET /v1/messages']);
  });

  it('gives its key to no other port of the host, whatever the environment opens there', async () => {
    const network = NetworkPolicy.create();
    network.agent = [{ ...NetworkRule.create(), host: HOST, ports: [ports.http, ports.https] }];
    const owner = agent('ports', `curl -sS -m 30 ${url('http', '/v1/messages')}; ${code} ${url('https', '/v2')}`, {
      provider: 'ANTHROPIC',
      baseUrl: url('https', '/v1'),
    });
    const spec = harness.specs.get('ports');
    if (spec !== undefined) spec.network = network;
    expect(await ran(owner)).toEqual(['answered', '200']);
    expect(seen.map(({ headers }) => headers['x-api-key'])).toEqual([undefined, undefined]);
  });

  it('in a change is named by its credential', async () => {
    const script = `echo "$(echo ${Buffer.from(VALUE).reverse().toString()} | rev)" | tee held`;
    const lines = await ran(agent('held', script, { provider: 'ANTHROPIC', baseUrl: url('https', '/v1') }));
    expect(lines).toEqual(['***']);
    const notices = harness.store.stored.at(-1)?.notices ?? [];
    expect(notices).toMatchObject([
      { reason: 'SECRET_IN_CHANGE', path: 'held', message: expect.stringContaining('team-key') },
    ]);
  });

  it('tells the scheduler of a server that is asked too often, and when it wants to be asked again', async () => {
    const asks = ['/messages', '/busy'].map((path) => `${code} "$HEDDLE_MODEL_BASE_URL${path}"`);
    const model = { provider: 'ANTHROPIC', baseUrl: url('https', '/v1') };
    const before = Date.now();
    expect(await ran(agent('busy', asks.join('\n'), model, 'busy'))).toEqual(['200', '429']);
    const [busy, ...others] = harness.refusals;
    expect(busy).toEqual({ credentialId: 'busy', status: 429, retryAfterMs: 120_000, refusedAt: expect.any(Number) });
    expect(busy?.refusedAt).toBeGreaterThanOrEqual(before);
    expect(others).toEqual([]);
  });

  it('goes on by itself where the server refused it for a moment, and tells the scheduler of that', async () => {
    isBusyOnce = true;
    const model = { provider: 'ANTHROPIC', baseUrl: url('https', '/v1') };
    const asks = [`${code} "$HEDDLE_MODEL_BASE_URL/messages"`, `${code} "$HEDDLE_MODEL_BASE_URL/overloaded"`];
    expect(await ran(agent('once', asks.join('\n'), model, 'once'))).toEqual(['200', '529']);
    expect(harness.refusals[0]).toMatchObject({ credentialId: 'once', status: 429, retryAfterMs: 1_000 });
    // The server named no time: that of this host counts, which grows.
    const overloads = harness.refusals.filter(({ status }) => status === 529);
    expect(overloads.length).toBeGreaterThan(0);
    for (const { retryAfterMs } of overloads) expect(retryAfterMs).toBeGreaterThanOrEqual(500);
    const statuses = (harness.requests.get('once') ?? []).map(({ status }) => status);
    expect(statuses.slice(0, 4)).toEqual([429, 200, 529, 529]);
  });
});
