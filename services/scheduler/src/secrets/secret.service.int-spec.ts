import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import {
  CreateBatchRequest,
  CreateEnvironmentRequest,
  CreateRepositoryRequest,
  EnvironmentSecret_Kind,
  SetEnvironmentSecretRequest,
  ValidateEnvironmentRequest,
} from '@heddle/contracts';
import { SandboxOwner_Kind } from '@heddle/contracts/internal';
import { newId } from '@heddle/platform/ids';
import { describeWith, useTemporaryDirectories } from '@heddle/testing';
import { recordStep } from '../attempts/record-step.js';
import { schedulerFixture, type SchedulerFixture } from '../testing/scheduler-fixture.js';
import { FileKeyProvider } from './file-key-provider.js';
import { KeyRotationService } from './key-rotation.service.js';
import { SandboxSecretsService } from './sandbox-secrets.service.js';
import { SecretService } from './secret.service.js';

const temporary = useTemporaryDirectories();

const VALUE = 'hush-hush-hush';
const SETUP = { kind: EnvironmentSecret_Kind.SETUP, name: 'NPM_TOKEN', value: VALUE };
const EGRESS = {
  kind: EnvironmentSecret_Kind.EGRESS,
  name: 'model',
  value: `${VALUE}-2`,
  hosts: ['api.example'],
  methods: ['POST'],
  pathPrefix: '/v1',
  header: 'X-Key',
  format: 'k {value}',
};

await describeWith(['postgres'], 'the secrets of an environment', ({ postgres }) => {
  let fixture: SchedulerFixture;
  let environmentId: string;
  let keyFile: string;
  let secrets: SecretService;
  let rotation: KeyRotationService;
  let sandboxes: SandboxSecretsService;

  beforeAll(async () => {
    fixture = await schedulerFixture(postgres);
  });
  afterAll(() => fixture.close());
  beforeEach(async () => {
    keyFile = join(await temporary('keys'), 'secrets-key');
    const keys = new FileKeyProvider(keyFile);
    secrets = new SecretService(fixture.dataSource, keys);
    rotation = new KeyRotationService(fixture.dataSource, keys);
    sandboxes = new SandboxSecretsService(fixture.dataSource, fixture.attempts, fixture.jobs, keys);
    await fixture.dataSource.query('DELETE FROM environment_secrets; DELETE FROM credentials');
    environmentId = (await fixture.environments.create(CreateEnvironmentRequest.fromPartial({ name: newId() }))).id;
  });

  const set = (secret: object) =>
    secrets.set(SetEnvironmentSecretRequest.fromPartial({ environmentId, ...secret } as never));
  const values = async () => (await sandboxes.ofEnvironment(environmentId)).map(({ name, value }) => [name, value]);
  const rotate = (requestId = '') => rotation.rotate({ requestId });

  it('are listed without their values, and given to sandboxes with them', async () => {
    await set(SETUP);
    const { value: _value, ...shown } = EGRESS;
    expect(await set(EGRESS)).toEqual({
      environmentId,
      ...shown,
      createTime: expect.any(Date),
      updateTime: expect.any(Date),
    });
    const listed = await secrets.list(environmentId);
    expect(listed.map(({ name }) => name)).toEqual(['NPM_TOKEN', 'model']);
    expect(JSON.stringify(listed)).not.toContain('hush');
    expect(await sandboxes.ofEnvironment(environmentId)).toEqual([
      { ...SETUP, hosts: [], methods: [], pathPrefix: '', header: '', format: '' },
      EGRESS,
    ]);
    expect((await sandboxes.ofEnvironment(environmentId, 'SETUP')).map(({ name }) => name)).toEqual(['NPM_TOKEN']);
  });

  it('are nowhere in the database in clear', async () => {
    await set(SETUP);
    await set({ ...SETUP, value: `${VALUE}-again` });
    await secrets.delete({ environmentId, name: SETUP.name });
    await set(EGRESS);
    const tables: { name: string }[] = await fixture.dataSource.query(
      `SELECT table_schema || '.' || table_name AS name FROM information_schema.tables
       WHERE table_schema NOT IN ('pg_catalog', 'information_schema') AND table_type = 'BASE TABLE'`,
    );
    expect(tables.map(({ name }) => name)).toContain('scheduler.outbox');
    const hex = Buffer.from(VALUE).toString('hex');
    for (const { name } of tables) {
      const rows: unknown[] = await fixture.dataSource.query(
        `SELECT t FROM ${name} AS t WHERE t::text LIKE '%' || $1 || '%' OR t::text LIKE '%' || $2 || '%'`,
        [VALUE, hex],
      );
      expect([name, rows]).toEqual([name, []]);
    }
  });

  it('are told of by events without a value', async () => {
    await set(SETUP);
    await secrets.delete({ environmentId, name: SETUP.name });
    const events: { type: string; payload: string }[] = await fixture.dataSource.query(
      'SELECT type, payload FROM outbox WHERE aggregate_id = $1 ORDER BY version',
      [environmentId],
    );
    expect(events.map(({ type }) => type)).toEqual([
      'environment.created',
      'environment.secret_set',
      'environment.secret_deleted',
    ]);
    expect(JSON.stringify(events)).not.toContain('hush');
  });

  it('are replaced as a whole, and gone when they are deleted', async () => {
    const first = await set(EGRESS);
    const second = await set({ ...EGRESS, kind: SETUP.kind, name: 'model', value: 'another-value', ...NOTHING });
    expect(second).toMatchObject({ kind: 'SETUP', hosts: [], format: '', createTime: first.createTime });
    expect(await values()).toEqual([['model', 'another-value']]);
    await secrets.delete({ environmentId, name: 'model' });
    expect(await values()).toEqual([]);
    await expect(secrets.delete({ environmentId, name: 'model' })).rejects.toMatchObject({
      reason: 'SECRET_NOT_FOUND',
    });
    const unknown = { environmentId: newId(), name: 'A' };
    for (const call of [
      () => set({ ...SETUP, ...unknown }),
      () => secrets.list(unknown.environmentId),
      () => secrets.delete(unknown),
    ])
      await expect(call()).rejects.toMatchObject({ reason: 'ENVIRONMENT_NOT_FOUND' });
  });

  it('are given to the holder of the newest fence of an attempt that has not ended', async () => {
    await set(SETUP);
    const repository = CreateRepositoryRequest.fromPartial({ name: newId(), url: '/srv/shop.git' });
    const { id: repositoryId } = await fixture.repositories.create(repository);
    const tasks = [{ prompt: 'Fix it', agent: { kind: 'COMMAND', command: ['true'] } }];
    const batch = await fixture.batches.create(CreateBatchRequest.fromPartial({ repositoryId, environmentId, tasks }));
    const id = batch.tasks[0]?.attempts[0]?.id ?? '';
    const { fence } = await fixture.activities.raiseFence(id);
    const owner = { kind: SandboxOwner_Kind.ATTEMPT, id, fence: String(fence) };
    const told = await sandboxes.forOwner({ owner });
    expect([told.secrets.map(({ value }) => value), told.model]).toEqual([[VALUE], undefined]);
    for (const other of [fence - 1, fence + 1])
      await expect(sandboxes.forOwner({ owner: { ...owner, fence: String(other) } })).rejects.toMatchObject({
        reason: 'FENCE_SUPERSEDED',
      });
    await expect(sandboxes.forOwner({ owner: { ...owner, kind: SandboxOwner_Kind.LANDING } })).rejects.toMatchObject({
      reason: 'OWNER_NOT_FOUND',
    });
    await recordStep(fixture.dataSource, {
      attemptId: id,
      transition: 1,
      state: 'FAILED',
      statusDetail: 'RUNNER_LOST',
    });
    await expect(sandboxes.forOwner({ owner })).rejects.toMatchObject({ reason: 'ATTEMPT_ENDED' });
  });

  it('are told to the holder of a dry run, until it has ended', async () => {
    await set({ name: 'TOKEN', kind: EnvironmentSecret_Kind.SETUP, value: VALUE });
    const repository = CreateRepositoryRequest.fromPartial({ name: 'dry', url: '/srv/dry.git' });
    const { id: repositoryId } = await fixture.repositories.create(repository);
    const request = ValidateEnvironmentRequest.fromPartial({ id: environmentId, repositoryId });
    const { id } = await fixture.jobs.validateEnvironment(request);
    const { fence } = await fixture.jobActivities.raiseJobFence(id);
    const owner = { kind: SandboxOwner_Kind.JOB, id, fence: String(fence) };
    expect((await sandboxes.forOwner({ owner })).secrets.map(({ value }) => value)).toEqual([VALUE]);
    await expect(sandboxes.forOwner({ owner: { ...owner, fence: '0' } })).rejects.toMatchObject({
      reason: 'FENCE_SUPERSEDED',
    });
    await fixture.jobActivities.recordJobStep({ jobId: id, transition: 1, state: 'SUCCEEDED', statusDetail: '' });
    await expect(sandboxes.forOwner({ owner })).rejects.toMatchObject({ reason: 'JOB_ENDED' });
  });

  it('cannot be sent elsewhere by who writes to the database', async () => {
    await set(EGRESS);
    await fixture.dataSource.query(`UPDATE environment_secrets SET hosts = '["evil.example"]'`);
    await expect(values()).rejects.toMatchObject({ reason: 'SECRET_UNREADABLE' });
  });

  it('are under a new key after a rotation, and the old one is gone', async () => {
    await set(SETUP);
    await set(EGRESS);
    const [before = ''] = (await readFile(keyFile, 'utf8')).split(' ');
    const rotated = await rotate('r1');
    expect(rotated).toEqual({ keyId: expect.not.stringMatching(before), rewrappedSecrets: 2, removedKeys: 1 });
    expect((await readFile(keyFile, 'utf8')).trim().split('\n')).toHaveLength(1);
    expect(await readFile(keyFile, 'utf8')).toContain(rotated.keyId);
    expect(await values()).toEqual([
      ['NPM_TOKEN', VALUE],
      ['model', `${VALUE}-2`],
    ]);
    // A repeat makes no further key.
    expect(await rotate('r1')).toEqual({ ...rotated, removedKeys: 0 });
    expect((await rotate('r2')).keyId).not.toBe(rotated.keyId);
  });

  it('go under the key that an operator put in front, and end a rotation that was cut off', async () => {
    await set(SETUP);
    const mine = `mine ${Buffer.alloc(32, 3).toString('base64')}`;
    await writeFile(keyFile, `${mine}\n${await readFile(keyFile, 'utf8')}`);
    expect(await values()).toEqual([['NPM_TOKEN', VALUE]]);
    expect(await rotate()).toEqual({ keyId: 'mine', rewrappedSecrets: 1, removedKeys: 1 });
    expect(await readFile(keyFile, 'utf8')).toBe(`${mine}\n`);
    expect(await values()).toEqual([['NPM_TOKEN', VALUE]]);
  });

  it('keep every key where a rotation fails in the middle', async () => {
    await set(SETUP);
    await set(EGRESS);
    await fixture.dataSource.query(`UPDATE environment_secrets SET wrapped_key = '\\x00' WHERE name = 'model'`);
    await expect(rotate()).rejects.toMatchObject({ reason: 'SECRET_UNREADABLE' });
    expect((await sandboxes.ofEnvironment(environmentId, 'SETUP')).map(({ value }) => value)).toEqual([VALUE]);
    await secrets.delete({ environmentId, name: 'model' });
    expect(await rotate()).toMatchObject({ rewrappedSecrets: 1, removedKeys: 1 });
    expect(await values()).toEqual([['NPM_TOKEN', VALUE]]);
  });

  it('survive rotations and settings at the same time', async () => {
    await set(SETUP);
    const names = Array.from({ length: 6 }, (_, index) => `S${String(index)}`);
    await Promise.all([...names.map((name) => set({ ...SETUP, name })), ...Array.from({ length: 3 }, () => rotate())]);
    expect(await values()).toEqual(['NPM_TOKEN', ...names].map((name) => [name, VALUE]));
  });

  it('are not put under a new key while the file of the old one is away', async () => {
    await set(SETUP);
    const text = await readFile(keyFile, 'utf8');
    await rm(keyFile);
    for (const call of [() => set(EGRESS), () => rotate()])
      await expect(call()).rejects.toMatchObject({ reason: 'SECRETS_KEY_UNAVAILABLE' });
    await expect(values()).rejects.toMatchObject({ reason: 'SECRET_UNREADABLE' });
    await expect(readFile(keyFile)).rejects.toThrow('ENOENT');
    await writeFile(keyFile, text);
    expect(await values()).toEqual([['NPM_TOKEN', VALUE]]);
  });
});

const NOTHING = { hosts: [], methods: [], pathPrefix: '', header: '', format: '' };
