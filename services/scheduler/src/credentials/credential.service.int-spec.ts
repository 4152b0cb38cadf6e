import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  AgentSpec,
  CreateBatchRequest,
  CreateCredentialRequest,
  CreateEnvironmentRequest,
  CreateRepositoryRequest,
  CreateTaskRequest,
  Credential,
  Credential_Kind,
  UpdateEnvironmentRequest,
  type Batch,
} from '@heddle/contracts';
import { SandboxOwner_Kind } from '@heddle/contracts/internal';
import { newId } from '@heddle/platform/ids';
import { describeWith, useTemporaryDirectories } from '@heddle/testing';
import { recordStep } from '../attempts/record-step.js';
import { FileKeyProvider } from '../secrets/file-key-provider.js';
import { KeyRotationService } from '../secrets/key-rotation.service.js';
import { SandboxSecretsService } from '../secrets/sandbox-secrets.service.js';
import { CONFIG, schedulerFixture, type SchedulerFixture } from '../testing/scheduler-fixture.js';
import { CredentialService } from './credential.service.js';
import { withCredential } from './resolve-credential.js';

const temporary = useTemporaryDirectories();

const VALUE = 'sk-hush-hush-hush';
const MODEL = { name: 'team-key', kind: Credential_Kind.MODEL, provider: 'OPENAI', value: VALUE };

await describeWith(['postgres'], 'the credentials of models', ({ postgres }) => {
  let fixture: SchedulerFixture;
  let keyFile: string;
  let credentials: CredentialService;
  let rotation: KeyRotationService;
  let sandboxes: SandboxSecretsService;
  let repositoryId: string;

  beforeAll(async () => {
    fixture = await schedulerFixture(postgres);
    const repository = CreateRepositoryRequest.fromPartial({ name: 'shop', url: '/srv/shop.git' });
    repositoryId = (await fixture.repositories.create(repository)).id;
  });
  afterAll(() => fixture.close());
  beforeEach(async () => {
    keyFile = join(await temporary('keys'), 'secrets-key');
    const keys = new FileKeyProvider(keyFile);
    credentials = new CredentialService(fixture.dataSource, keys, CONFIG);
    rotation = new KeyRotationService(fixture.dataSource, keys);
    sandboxes = new SandboxSecretsService(fixture.dataSource, fixture.attempts, fixture.jobs, keys);
    await fixture.dataSource.query('DELETE FROM credentials');
  });

  const create = (fields: object = {}) =>
    credentials.create(CreateCredentialRequest.fromPartial({ ...MODEL, ...fields }));
  const update = (fields: object, updateMask?: string[]) =>
    credentials.update({ credential: Credential.fromPartial(fields), updateMask });
  const command = (credentialId: string) => ({ kind: 'COMMAND', command: ['true'], credentialId });
  const batchWith = (agent: object, fields: object = {}): Promise<Batch> =>
    fixture.batches.create(
      CreateBatchRequest.fromPartial({ repositoryId, tasks: [{ prompt: 'x', agent }], ...fields }),
    );
  const attemptOf = (batch: Batch): string => batch.tasks[0]?.attempts[0]?.id ?? '';
  const end = (attemptId: string) =>
    recordStep(fixture.dataSource, { attemptId, transition: 1, state: 'FAILED', statusDetail: 'RUNNER_LOST' });
  async function accessOf(attemptId: string) {
    const { fence } = await fixture.activities.raiseFence(attemptId);
    const owner = { kind: SandboxOwner_Kind.ATTEMPT, id: attemptId, fence: String(fence) };
    return (await sandboxes.forOwner({ owner })).model;
  }

  it('are made, found, listed and changed without their values', async () => {
    const made = await create({ maxConcurrentAttempts: 3 });
    expect(made).toEqual({
      id: expect.any(String),
      name: 'team-key',
      kind: 'MODEL',
      provider: 'OPENAI',
      baseUrl: 'https://api.openai.com/v1',
      maxConcurrentAttempts: 3,
      createTime: expect.any(Date),
      updateTime: expect.any(Date),
      etag: '1',
      revision: '1',
    });
    expect(await credentials.get(made.id)).toEqual(made);
    const other = await create({ name: 'other', provider: 'GEMINI' });
    const list = (name: string) => credentials.list({ pageSize: 0, pageToken: '', name });
    expect((await list('')).credentials).toEqual([other, made]);
    expect((await list('team-key')).credentials).toEqual([made]);
    const changed = await update({ id: made.id, etag: '1', name: 'renamed', maxConcurrentAttempts: 0 }, [
      'name',
      'max_concurrent_attempts',
    ]);
    expect(changed).toMatchObject({ name: 'renamed', maxConcurrentAttempts: 0, etag: '2', baseUrl: made.baseUrl });
    expect(JSON.stringify([made, other, changed])).not.toContain('hush');
  });

  it('answer a repeat with what the first made, and refuse a name that is taken', async () => {
    const made = await create({ requestId: 'r1' });
    expect(await create({ requestId: 'r1' })).toEqual(made);
    await expect(create({ requestId: 'r1', provider: 'GEMINI' })).rejects.toMatchObject({
      reason: 'REQUEST_ID_REUSED',
    });
    await expect(create()).rejects.toMatchObject({ reason: 'NAME_TAKEN', metadata: { id: made.id } });
    const other = await create({ name: 'other' });
    await expect(update({ id: other.id, name: 'team-key' })).rejects.toMatchObject({ reason: 'NAME_TAKEN' });
    await expect(update({ id: other.id, etag: '9', name: 'x' })).rejects.toMatchObject({ reason: 'VERSION_CONFLICT' });
    for (const call of [() => credentials.get(newId()), () => update({ id: newId(), name: 'x' })])
      await expect(call()).rejects.toMatchObject({ reason: 'CREDENTIAL_NOT_FOUND' });
  });

  it.each([
    ['name', { name: '' }],
    ['name', { name: '019ab000-0000-7000-8000-00000000e4f1' }],
    ['name', { name: 'a19ab000-0000-7000-8000-00000000e4f1' }],
    ['kind', { kind: Credential_Kind.KIND_UNSPECIFIED }],
    ['provider', { provider: 'MODELS' }],
    ['provider', { provider: 'toString' }],
    ['base_url', { provider: 'OPENAI_COMPATIBLE' }],
    ['base_url', { baseUrl: 'http://api.example' }],
    ['value', { value: 'short' }],
    ['value', { value: `${VALUE}\r\nX: y` }],
    ['value', { value: 'x'.repeat(16 * 1024 + 1) }],
    ['max_concurrent_attempts', { maxConcurrentAttempts: -1 }],
  ])('are refused for a bad %s: %j', async (field, fields) => {
    const error: unknown = await create(fields).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ reason: 'FIELD_INVALID', violations: [{ field }] });
    expect(JSON.stringify(error)).not.toContain(VALUE);
  });

  describe('of git remotes', () => {
    const GIT = { kind: Credential_Kind.GIT, name: 'forge', provider: 'GITEA', baseUrl: 'https://forge.example/git/' };
    const repository = (fields: object = {}) =>
      fixture.repositories.create(
        CreateRepositoryRequest.fromPartial({ name: `at-${newId()}`, credentialId: 'forge', ...fields }),
      );

    it('are made beside those of models, and given with their value to review alone', async () => {
      const made = await create(GIT);
      expect(made).toMatchObject({ kind: 'GIT', provider: 'GITEA', baseUrl: 'https://forge.example/git' });
      expect(await create({ kind: Credential_Kind.GIT, name: 'hub', provider: 'GITHUB' })).toMatchObject({
        baseUrl: 'https://github.com',
      });
      expect(await credentials.openGit(made.id)).toEqual({
        id: made.id,
        provider: 'GITEA',
        baseUrl: 'https://forge.example/git',
        value: VALUE,
      });
      const model = await create();
      await expect(credentials.openGit(model.id)).rejects.toMatchObject({ reason: 'CREDENTIAL_NOT_FOUND' });
      await expect(batchWith(command(made.id))).rejects.toMatchObject({ reason: 'FIELD_INVALID' });
    });

    it.each([
      ['provider', { provider: 'OPENAI' }],
      ['base_url', { baseUrl: '' }],
      ['base_url', { baseUrl: 'https://user@forge.example' }],
      ['base_url', { baseUrl: 'ssh://forge.example' }],
      ['max_concurrent_attempts', { maxConcurrentAttempts: 1 }],
    ])('are refused for a bad %s: %j', async (field, fields) => {
      await expect(create({ ...GIT, ...fields })).rejects.toMatchObject({
        reason: 'FIELD_INVALID',
        violations: [{ field }],
      });
    });

    it('belong to repositories below their address, and stay as long as one of them does', async () => {
      const { id } = await create(GIT);
      await create();
      for (const fields of [
        { url: 'https://forge.example/acme/shop.git' },
        { url: 'https://forge.example.evil.net/git/acme/shop.git' },
        { url: '/srv/shop.git' },
        { url: 'https://forge.example/git/acme/shop.git', credentialId: 'team-key' },
        { url: 'https://forge.example/git/acme/shop.git', credentialId: 'nobody' },
      ])
        await expect(repository(fields)).rejects.toMatchObject({
          reason: 'FIELD_INVALID',
          violations: [{ field: 'credential_id' }],
        });
      const made = await repository({ url: 'https://forge.example/git/acme/shop.git' });
      expect(made.credentialId).toBe(id);
      await expect(credentials.delete({ id, etag: '' })).rejects.toMatchObject({
        reason: 'CREDENTIAL_IN_USE',
        metadata: { repositoryId: made.id },
      });
      await fixture.dataSource.query('UPDATE repositories SET credential_id = NULL');
      await credentials.delete({ id, etag: '' });
    });
  });

  it('are nowhere in the database in clear, and told of by events without address and value', async () => {
    const { id } = await create({ requestId: 'r2' });
    await update({ id, value: `${VALUE}-2`, baseUrl: 'http://models.test:8080/v1' });
    await credentials.delete({ id, etag: '' });
    const tables: { name: string }[] = await fixture.dataSource.query(
      `SELECT table_schema || '.' || table_name AS name FROM information_schema.tables
       WHERE table_schema NOT IN ('pg_catalog', 'information_schema') AND table_type = 'BASE TABLE'`,
    );
    const hex = Buffer.from(VALUE).toString('hex');
    for (const { name } of tables) {
      const rows: unknown[] = await fixture.dataSource.query(
        `SELECT t FROM ${name} AS t WHERE t::text LIKE '%' || $1 || '%' OR t::text LIKE '%' || $2 || '%'`,
        [VALUE, hex],
      );
      expect([name, rows]).toEqual([name, []]);
    }
    const events: { type: string; payload: string }[] = await fixture.dataSource.query(
      'SELECT type, payload FROM outbox WHERE aggregate_id = $1 ORDER BY version',
      [id],
    );
    expect(events.map(({ type }) => type)).toEqual(['credential.created', 'credential.updated', 'credential.deleted']);
    expect(JSON.stringify(events)).not.toMatch(/models\.test|api\.openai/);
  });

  it('go to another place only with the value given again', async () => {
    const { id } = await create();
    for (const change of [{ baseUrl: 'https://evil.example/v1' }, { provider: 'ANTHROPIC' }])
      await expect(update({ id, ...change })).rejects.toMatchObject({
        reason: 'FIELD_INVALID',
        violations: [{ field: 'credential.value' }],
      });
    const moved = await update({ id, provider: 'ANTHROPIC', value: `${VALUE}-2` });
    expect(moved.baseUrl).toBe('https://api.anthropic.com');
    const attempt = attemptOf(await batchWith(command(id)));
    expect(await accessOf(attempt)).toEqual({
      credentialId: id,
      name: 'team-key',
      provider: 'ANTHROPIC',
      baseUrl: 'https://api.anthropic.com',
      value: `${VALUE}-2`,
    });
    await fixture.dataSource.query(`UPDATE credentials SET base_url = 'https://evil.example'`);
    await expect(accessOf(attempt)).rejects.toMatchObject({ reason: 'SECRET_UNREADABLE' });
    await end(attempt);
  });

  it('are under a new key after a rotation, as secrets are, and a lost file is replaced by none', async () => {
    const { id } = await create();
    const before = await readFile(keyFile, 'utf8');
    expect(await rotation.rotate({ requestId: '' })).toMatchObject({ rewrappedSecrets: 1, removedKeys: 1 });
    expect(await readFile(keyFile, 'utf8')).not.toContain(before.split(' ')[0]);
    const attempt = attemptOf(await batchWith(command(id)));
    expect(await accessOf(attempt)).toMatchObject({ value: VALUE });
    await end(attempt);
    await rm(keyFile);
    for (const call of [() => create({ name: 'other' }), () => rotation.rotate({ requestId: '' })])
      await expect(call()).rejects.toMatchObject({ reason: 'SECRETS_KEY_UNAVAILABLE' });
    await expect(readFile(keyFile)).rejects.toThrow('ENOENT');
  });

  it('survive rotations and settings at the same time', async () => {
    const { id } = await create();
    const names = Array.from({ length: 5 }, (_, index) => `c${String(index)}`);
    await Promise.all([
      ...names.map((name) => create({ name })),
      ...names.map((_, index) => update({ id, value: `${VALUE}-${String(index)}` })),
      ...names.map(() => rotation.rotate({ requestId: '' })),
    ]);
    for (const { name } of (await credentials.list({ pageSize: 0, pageToken: '', name: '' })).credentials) {
      const attempt = attemptOf(await batchWith(command(name)));
      expect((await accessOf(attempt))?.value).toContain(VALUE);
      await end(attempt);
    }
  });

  it('are named by id or name, and frozen by id in tasks and environments', async () => {
    const { id } = await create();
    const batch = await batchWith(command('team-key'));
    expect(batch.tasks[0]?.agent?.credentialId).toBe(id);
    await update({ id, name: 'renamed' });
    expect(await accessOf(attemptOf(batch))).toMatchObject({ credentialId: id, name: 'renamed' });
    const environment = await fixture.environments.create(
      CreateEnvironmentRequest.fromPartial({ name: 'e', agent: command('renamed') }),
    );
    expect(environment.agent?.credentialId).toBe(id);
    const byEnvironment = await fixture.batches.create(
      CreateBatchRequest.fromPartial({ repositoryId, environmentId: environment.id, tasks: [{ prompt: 'x' }] }),
    );
    expect(byEnvironment.tasks[0]?.agent?.credentialId).toBe(id);
    for (const one of [batch, byEnvironment]) await end(attemptOf(one));
  });

  it('that are not there are refused at every door', async () => {
    const agent = command('nobody');
    const refused = (field: string) => ({
      reason: 'FIELD_INVALID',
      violations: [{ field, description: expect.stringContaining('CREDENTIAL_NOT_FOUND') }],
    });
    await expect(batchWith(agent)).rejects.toMatchObject(refused('tasks[0].agent.credential_id'));
    const task = CreateTaskRequest.fromPartial({ repositoryId, prompt: 'x', agent });
    await expect(fixture.tasks.create(task)).rejects.toMatchObject(refused('agent.credential_id'));
    const request = CreateEnvironmentRequest.fromPartial({ name: 'e', agent });
    await expect(fixture.environments.create(request)).rejects.toMatchObject(refused('agent.credential_id'));
    const { id } = await fixture.environments.create(CreateEnvironmentRequest.fromPartial({ name: 'without' }));
    const edit = UpdateEnvironmentRequest.fromPartial({ environment: { id, agent } });
    await expect(fixture.environments.update(edit)).rejects.toMatchObject(refused('environment.agent.credential_id'));
  });

  it('are chosen for an agent that names none where there is one choice, in words where there is not', async () => {
    const chosen = (kind: string, credentialId = '') =>
      fixture.dataSource.transaction((manager) =>
        withCredential(manager, AgentSpec.fromPartial({ kind, credentialId }), 'agent'),
      );
    const refused = (text: string) => ({
      violations: [{ field: 'agent.credential_id', description: expect.stringContaining(text) }],
    });
    await expect(chosen('CODEX')).rejects.toMatchObject(
      refused('heddle admin credentials create NAME --provider OPENAI '),
    );
    expect(await chosen('COMMAND')).toMatchObject({ credentialId: '' });
    const { id } = await create();
    const gemini = await create({ name: 'gemini', provider: 'GEMINI' });
    expect(await chosen('CODEX')).toMatchObject({ credentialId: id });
    expect(await chosen('GEMINI')).toMatchObject({ credentialId: gemini.id });
    await expect(chosen('CLAUDE_CODE')).rejects.toMatchObject(refused('ANTHROPIC'));
    await expect(chosen('CLAUDE_CODE', 'team-key')).rejects.toMatchObject(refused('speak ANTHROPIC'));
    await create({ name: 'second', provider: 'OPENAI_COMPATIBLE', baseUrl: 'https://models.example/v1' });
    await expect(chosen('OPENCODE')).rejects.toMatchObject(refused('second, team-key'));
    expect(await chosen('OPENCODE', 'second')).toMatchObject({ credentialId: expect.not.stringMatching('second') });
  });

  it('are kept for as long as an attempt that uses them has not ended', async () => {
    const { id } = await create();
    const batch = await batchWith(command(id));
    await expect(credentials.delete({ id, etag: '' })).rejects.toMatchObject({
      reason: 'CREDENTIAL_IN_USE',
      metadata: { attempts: '1' },
    });
    await end(attemptOf(batch));
    await expect(credentials.delete({ id, etag: '9' })).rejects.toMatchObject({ reason: 'VERSION_CONFLICT' });
    await credentials.delete({ id, etag: '' });
    await expect(credentials.get(id)).rejects.toMatchObject({ reason: 'CREDENTIAL_NOT_FOUND' });
    expect((await fixture.batches.get(batch.id)).tasks[0]?.agent?.credentialId).toBe(id);
  });

  it('are deleted or used, never both', async () => {
    for (let round = 0; round < 5; round++) {
      const { id, name } = await create();
      const [deleted, made] = await Promise.allSettled([
        credentials.delete({ id, etag: '' }),
        batchWith(command(name)),
      ]);
      if (made.status === 'fulfilled') {
        expect(deleted).toMatchObject({ reason: { reason: 'CREDENTIAL_IN_USE' } });
        await end(attemptOf(made.value));
        await credentials.delete({ id, etag: '' });
      } else {
        expect(made.reason).toMatchObject({ reason: 'FIELD_INVALID' });
        expect(deleted.status).toBe('fulfilled');
      }
    }
  });
});
