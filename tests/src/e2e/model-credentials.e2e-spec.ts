import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Attempt, Batch, Credential, Repository } from '@heddle/sdk';
import { eventually } from '../support/bounds.js';
import { Cli } from '../support/doors/cli.js';
import { refusalOf } from '../support/doors/rest-errors.js';
import { SampleRepository } from '../support/git/sample-repository.js';
import { OWN_NAME, ownNameMissing } from '../support/host/own-name.js';
import { usePlatform } from '../support/platform/use-platform.js';
import { bashTask } from '../support/work/agents.js';
import { attemptEnded, attemptsOf, createBatch, registerRepository } from '../support/work/launch.js';
import { wholeLog } from '../support/work/log-reader.js';
import { SHOP } from '../support/work/shop.js';

const missing = await ownNameMissing();
const VALUE = `sk-${randomBytes(16).toString('hex')}`;

const platform = usePlatform({ HEDDLE_EGRESS_PRIVATE_HOSTS: OWN_NAME });

const skipped = missing === undefined ? '' : ` [skipped: ${missing}]`;

(missing === undefined ? describe : describe.skip)(`an agent that reaches its model by a credential${skipped}`, () => {
  let model: Server;
  let repository: Repository;
  let cli: Cli;
  let home: string;
  let seen: Pick<IncomingMessage, 'url' | 'headers'>[] = [];
  let isBusy = false;
  const key = { name: 'team-key', provider: 'OPENAI_COMPATIBLE', baseUrl: '' };

  beforeAll(async () => {
    model = createServer(({ url, headers }, response) => {
      seen.push({ url, headers });
      if (isBusy) response.writeHead(429, { 'retry-after': '3600' });
      response.end('answered\n');
    });
    model.listen(0);
    await once(model, 'listening');
    key.baseUrl = `http://${OWN_NAME}:${String((model.address() as AddressInfo).port)}/v1`;
    const origin = await SampleRepository.make(platform.scratch, SHOP);
    repository = await registerRepository(platform.rest, origin.path);
    home = join(platform.scratch, 'home');
    await mkdir(home, { recursive: true });
    cli = new Cli({ HEDDLE_DATA_DIR: platform.dataDirectory });
  });

  afterAll(() => {
    model.close();
  });

  const admin = (...args: string[]) => cli.run(['admin', 'credentials', ...args], { cwd: home, input: `${VALUE}\n` });
  const task = (script: string, credentialId = key.name) =>
    bashTask('Ask the model', script, { agent: { kind: 'COMMAND', command: ['bash', '-c', script], credentialId } });
  const ASK = `curl -sS -m 30 -H 'authorization: Bearer placeholder' -d '{}' "$HEDDLE_MODEL_BASE_URL/chat/completions"`;

  it('is refused before there is one, in words that say how to make it', async () => {
    const body = { repositoryId: repository.id, tasks: [task('true')] };
    const refused = await platform.rest.call('POST', '/v1/batches', { body });
    expect(refusalOf(refused)).toMatchObject({ http: 400, reason: 'FIELD_INVALID' });
    expect(JSON.stringify(refused.body)).toContain('tasks[0].agent.credentialId');
    expect(JSON.stringify(refused.body)).toContain('heddle admin credentials create');
  });

  it('asks it with the key, which no sandbox, log, answer or argument has', async () => {
    const scope = ['--provider', key.provider, '--base-url', key.baseUrl, '--at-once', '1'];
    const made = await admin('create', key.name, ...scope);
    expect(made).toMatchObject({ code: 0, stdout: expect.stringContaining(key.baseUrl) as unknown });
    const search = [
      `value=$(echo ${Buffer.from(VALUE).reverse().toString()} | rev)`,
      'for file in /proc/[0-9]*/environ; do if grep -qs "$value" "$file"; then echo "found in $file"; fi; done',
      'grep -rlsF "$value" ~ /workspace /run /tmp /etc; echo looked; echo done > done.txt',
    ];
    const batch = await createBatch(platform.rest, repository, [task([ASK, ...search].join('\n'))]);
    const attempt = await attemptEnded(platform.rest, attemptsOf(batch)[0]?.id ?? '');
    expect(attempt).toMatchObject({ state: 'COMPLETED', statusDetail: '' });
    const lines = await wholeLog(platform.rest, attempt.id);
    expect(lines.map(({ text }) => text).filter((text) => !text.startsWith('[heddle]'))).toEqual([
      'answered',
      'looked',
    ]);
    expect(seen.map(({ url, headers }) => [url, headers.authorization])).toEqual([
      ['/v1/chat/completions', `Bearer ${VALUE}`],
    ]);
    const shown = await platform.rest.get<{ credentials: Credential[] }>('/v1/admin/credentials');
    expect(shown.credentials).toMatchObject([{ name: key.name, baseUrl: key.baseUrl, maxConcurrentAttempts: 1 }]);
    expect(attempt.agent?.credentialId).toBe(shown.credentials[0]?.id);
    const egress = await platform.rest.get(`/v1/attempts/${attempt.id}/egress`);
    expect(JSON.stringify([made, lines, shown, attempt, egress])).not.toContain(VALUE);
  });

  it('still does after the keys of the secrets were rotated', async () => {
    expect(await cli.json(['admin', 'secrets', 'rotate'], { cwd: home })).toMatchObject({ rewrappedSecrets: 1 });
    seen = [];
    const batch = await createBatch(platform.rest, repository, [task(`${ASK}; echo more > more.txt`)]);
    expect(await attemptEnded(platform.rest, attemptsOf(batch)[0]?.id ?? '')).toMatchObject({ state: 'COMPLETED' });
    expect(seen.map(({ headers }) => headers.authorization)).toEqual([`Bearer ${VALUE}`]);
  });

  it('waits while others use all that the credential allows, and begins when one has ended', async () => {
    const gate = 'until [ -e /tmp/go ]; do sleep 0.05; done';
    const batch = await createBatch(platform.rest, repository, [task(gate), task('echo second > second.txt')]);
    const [first, second] = attemptsOf(batch).map(({ id }) => id) as [string, string];
    const waiting = await eventually('the second attempt waits', async () => {
      const attempt = await platform.rest.get<Attempt>(`/v1/attempts/${second}`);
      return attempt.statusDetail === 'WAITING_FOR_CAPACITY' ? attempt : undefined;
    });
    expect(waiting).toMatchObject({ state: 'QUEUED', stateInfo: { cause: 'CAPACITY' } });
    const used = await admin('delete', key.name);
    expect(used).toMatchObject({ code: 3, stderr: expect.stringContaining('CREDENTIAL_IN_USE') as unknown });
    await platform.rest.post(`/v1/attempts/${first}:cancel`);
    expect(await attemptEnded(platform.rest, second)).toMatchObject({ state: 'COMPLETED', statusDetail: '' });
  });

  it('is not started while its model cools down, and says until when', async () => {
    isBusy = true;
    const busy = await createBatch(platform.rest, repository, [task(`${ASK}; echo busy > busy.txt`)]);
    await attemptEnded(platform.rest, attemptsOf(busy)[0]?.id ?? '');
    const cooling = await eventually('the credential cools down', async () => {
      const { credentials } = await platform.rest.get<{ credentials: Credential[] }>('/v1/admin/credentials');
      return credentials[0]?.cooldownEndTime;
    });
    const left = Date.parse(cooling) - Date.now();
    expect(left).toBeGreaterThan(3_000_000);
    const batch = await createBatch(platform.rest, repository, [task('true')]);
    const [id = ''] = attemptsOf(batch).map((attempt) => attempt.id);
    const waiting = await eventually('the attempt waits', async () => {
      const attempt = await platform.rest.get<Attempt>(`/v1/attempts/${id}`);
      return attempt.statusDetail === 'WAITING_FOR_CAPACITY' ? attempt : undefined;
    });
    expect(waiting.stateInfo?.retryTime).toBe(cooling);
    await platform.rest.post<Batch>(`/v1/batches/${batch.id}:cancel`);
    expect(await attemptEnded(platform.rest, id)).toMatchObject({ state: 'CANCELLED' });
    expect(await admin('delete', key.name)).toMatchObject({ code: 0 });
  });
});
