import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Attempt, Change, Environment, Repository } from '@heddle/sdk';
import { useTemporaryDirectories } from '@heddle/testing';
import { refusalOf } from '../support/doors/rest-errors.js';
import { SampleRepository } from '../support/git/sample-repository.js';
import { OWN_NAME, ownNameMissing } from '../support/host/own-name.js';
import { usePlatform } from '../support/platform/use-platform.js';
import { bashTask } from '../support/work/agents.js';
import { attemptEnded, attemptsOf, changeOf, createBatch, registerRepository } from '../support/work/launch.js';
import { wholeLog } from '../support/work/log-reader.js';
import { SHOP } from '../support/work/shop.js';

const missing = await ownNameMissing();
const SETUP = randomBytes(16).toString('hex');
const EGRESS = randomBytes(16).toString('hex');

const settings: NodeJS.ProcessEnv = { HEDDLE_EGRESS_PRIVATE_HOSTS: OWN_NAME };
const temporary = useTemporaryDirectories();
let certificates: string;

/** An authority of the test's own, which the platform is told to trust, and a server's certificate of it. */
beforeAll(async () => {
  certificates = await temporary('certificates');
  const script = [
    'openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=authority -keyout ca.key -out ca.pem',
    'openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=server -keyout server.key -out server.csr',
    `printf 'subjectAltName=DNS:${OWN_NAME}' > names`,
    'openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out server.pem',
  ].join('\n');
  execFileSync('/bin/bash', ['-ec', script], { cwd: certificates, stdio: 'ignore' });
  settings['NODE_EXTRA_CA_CERTS'] = join(certificates, 'ca.pem');
});

const platform = usePlatform(settings);

/** Shell for a value that is not in the script itself. */
const shellOf = (value: string): string => `$(echo ${Buffer.from(value).reverse().toString()} | rev)`;

describe('the secrets of an environment', () => {
  let server: Server;
  let port = 0;
  let repository: Repository;
  let environment: Environment;

  beforeAll(async () => {
    const [key, cert] = ['server.key', 'server.pem'].map((name) => readFileSync(join(certificates, name)));
    server = createServer({ key, cert }, ({ headers }, response) => {
      response.end(headers.authorization === `Bearer ${EGRESS}` ? 'known' : 'stranger');
    });
    server.listen(0);
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
    const origin = await SampleRepository.make(platform.scratch, SHOP);
    repository = await registerRepository(platform.rest, origin.path);
    const sum = createHash('sha256').update(SETUP).digest('hex');
    environment = await platform.rest.post<Environment>('/v1/environments', {
      name: 'with-secrets',
      setup: {
        script: `printf %s "$INSTALL_TOKEN" | sha256sum | grep -q ${sum}; mkdir -p ~/.cache; echo made > ~/.cache/made; echo "set up with $INSTALL_TOKEN"`,
      },
      network: { agent: [{ host: OWN_NAME, ports: [port] }] },
    });
    await put('INSTALL_TOKEN', { kind: 'SETUP', value: SETUP });
    await put('API_TOKEN', { kind: 'EGRESS', value: EGRESS, hosts: [OWN_NAME], format: 'Bearer {value}' });
  });

  afterAll(() => {
    server.close();
  });

  async function put(name: string, secret: object): Promise<void> {
    const path = `/v1/environments/${environment.id}/secrets/${name}`;
    const answer = await platform.rest.call('PUT', path, { body: secret });
    expect(answer).toMatchObject({ status: 200 });
    expect(JSON.stringify(answer.body)).not.toMatch(`${SETUP}|${EGRESS}`);
  }

  async function ran(script: string): Promise<{ attempt: Attempt; texts: string[] }> {
    const batch = await createBatch(platform.rest, repository, [bashTask('Use secrets', script)], {
      environmentId: environment.id,
    });
    const attempt = await attemptEnded(platform.rest, attemptsOf(batch)[0]?.id ?? '');
    const lines = await wholeLog(platform.rest, attempt.id);
    expect(JSON.stringify(lines)).not.toMatch(new RegExp(`${SETUP}|${EGRESS}`));
    return { attempt, texts: lines.map(({ text }) => text) };
  }

  it('are there where they are for, and nowhere else', async () => {
    const { attempt, texts } = await ran(
      [
        'cat ~/.cache/made; set -u',
        `for value in ${shellOf(SETUP)} ${shellOf(EGRESS)}; do`,
        '  for file in /proc/[0-9]*/environ; do if grep -qs "$value" "$file"; then echo "found in $file"; fi; done',
        '  grep -rlsF "$value" ~ /workspace /run /tmp /etc || true',
        'done',
        'echo looked',
        'echo done > done.txt',
      ].join('\n'),
    );
    expect(attempt).toMatchObject({ state: 'COMPLETED', statusDetail: '' });
    expect(texts).toContain('set up with ***');
    const printed = texts.slice(texts.indexOf('made'));
    expect(printed.slice(0, 2)).toEqual(['made', 'looked']);
    const change = await changeOf(platform.rest, attempt);
    expect(change.notices.map(({ reason }) => reason)).not.toContain('SECRET_IN_CHANGE');
  });

  const name = missing === undefined ? '' : ` [skipped: ${missing}]`;
  (missing === undefined ? it : it.skip)(`are put on requests outside of the sandbox${name}`, async () => {
    const { texts } = await ran(`curl -sS -m 30 https://${OWN_NAME}:${String(port)}/; echo`);
    expect(texts).toContain('known');
  });

  it('in a change: it can be neither approved nor landed, and says which file holds which', async () => {
    const { attempt, texts } = await ran(`echo "token=${shellOf(SETUP)}" | tee leaked.txt; echo fine > fine.txt`);
    expect(texts).toContain('token=***');
    expect(attempt).toMatchObject({ state: 'COMPLETED', statusDetail: 'SECRET_IN_CHANGE' });
    const change: Change = await changeOf(platform.rest, attempt);
    const notices = change.notices.filter(({ reason }) => reason === 'SECRET_IN_CHANGE');
    expect(notices).toMatchObject([
      { path: 'leaked.txt', message: expect.stringContaining('INSTALL_TOKEN') as unknown },
    ]);
    const verdict = { verdict: 'APPROVE', headCommit: change.headCommit };
    const refused = { http: 400, reason: 'SECRET_IN_CHANGE', metadata: { id: change.id, paths: 'leaked.txt' } };
    const approve = await platform.rest.call('POST', `/v1/changes/${change.id}/verdicts`, { body: verdict });
    expect(refusalOf(approve)).toMatchObject(refused);
    const land = await platform.rest.call('POST', '/v1/landings', { body: { changeId: change.id } });
    expect(refusalOf(land)).toMatchObject(refused);
    // Captured bytes are never rewritten; the administrator's token is an operator's.
    const diff = await platform.rest.call('GET', `/v1/changes/${change.id}/diff`);
    expect(JSON.stringify(diff.body)).toContain(SETUP);
  });
});
