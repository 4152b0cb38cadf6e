import { beforeAll, describe, expect, it } from '@jest/globals';
import { status } from '@grpc/grpc-js';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CreateBatchRequest, ListAttemptsRequest, type Batch, type TaskSpec } from '@heddle/contracts';
import type { Attempt, Batch as BatchJson, CreateBatchInput, Repository, TaskSpecInput } from '@heddle/sdk';
import { grpcRefusalOf } from '../support/doors/grpc-door.js';
import { refusalOf, type Refusal } from '../support/doors/rest-errors.js';
import type { RestCall } from '../support/doors/rest-door.js';
import { git } from '../support/git/git.js';
import { SampleRepository } from '../support/git/sample-repository.js';
import { usePlatform } from '../support/platform/use-platform.js';
import { bashTask } from '../support/work/agents.js';
import { batchEnded, createBatch, registerRepository } from '../support/work/launch.js';

const NOBODY = '00000000-0000-7000-8000-000000000000';
const platform = usePlatform();

describe('requests that cannot be met', () => {
  let origin: SampleRepository;
  let repository: Repository;

  const refused = async (method: string, path: string, call: RestCall = {}): Promise<Refusal> =>
    refusalOf(await platform.rest.call(method, path, call));
  const refusedBatch = (body: CreateBatchInput): Promise<Refusal> =>
    refused('POST', '/v1/batches', { body: { repositoryId: repository.id, ...body } });
  const good = bashTask('Fine', 'true');

  beforeAll(async () => {
    origin = await SampleRepository.make(platform.scratch, { 'a.txt': 'a\n' });
    repository = await registerRepository(platform.rest, origin.path);
  });

  describe('repositories', () => {
    const register = (url: string): Promise<Refusal> =>
      refused('POST', '/v1/repositories', { body: { name: 'other', url } });

    it('a path that does not exist', async () => {
      expect(await register(join(platform.scratch, 'nowhere'))).toMatchObject({
        http: 400,
        code: 3,
        reason: 'REPOSITORY_UNREACHABLE',
      });
    });

    it('a path that is no repository', async () => {
      const plain = await mkdtemp(join(platform.scratch, 'plain-'));
      await writeFile(join(plain, 'file.txt'), 'text');
      expect(await register(plain)).toMatchObject({ http: 400, reason: 'REPOSITORY_NOT_A_REPOSITORY' });
      expect(await register(join(plain, 'file.txt'))).toMatchObject({
        http: 400,
        reason: 'REPOSITORY_NOT_A_REPOSITORY',
      });
    });

    it('an empty one', async () => {
      const empty = await SampleRepository.make(platform.scratch, {});
      expect(await register(empty.path)).toMatchObject({ http: 400, reason: 'REPOSITORY_EMPTY' });
    });

    it('a shallow one', async () => {
      await origin.commit({ 'b.txt': 'b\n' }, 'Second');
      const shallow = await mkdtemp(join(platform.scratch, 'shallow-'));
      await git(shallow, 'clone', '--quiet', '--depth=1', `file://${origin.path}`, '.');
      expect(await register(shallow)).toMatchObject({ http: 400, reason: 'REPOSITORY_SHALLOW' });
    });

    it('a host that does not answer, a password in the address, a transport that runs programs, a private address', async () => {
      expect((await register('https://127.0.0.1:1/x.git')).reason).toMatch(/^REPOSITORY_(NOT_ALLOWED|UNREACHABLE)$/);
      expect((await register('https://user:secret@example.com/x.git')).reason).toMatch(
        /^(FIELD_INVALID|REPOSITORY_NOT_ALLOWED)$/,
      );
      expect((await register('ext::sh -c touch% /tmp/owned')).reason).toMatch(
        /^(FIELD_INVALID|REPOSITORY_NOT_ALLOWED)$/,
      );
      expect((await register('http://169.254.169.254/latest')).reason).toMatch(
        /^(FIELD_INVALID|REPOSITORY_NOT_ALLOWED)$/,
      );
      expect((await register('--upload-pack=touch /tmp/owned')).http).toBe(400);
    });

    it('a name that is taken, missing or no name', async () => {
      const taken = { name: repository.name, url: origin.path };
      expect(await refused('POST', '/v1/repositories', { body: taken })).toMatchObject({
        http: 409,
        reason: 'NAME_TAKEN',
      });
      expect(await refused('POST', '/v1/repositories', { body: { url: origin.path } })).toMatchObject({
        reason: 'FIELD_INVALID',
        fields: ['name'],
      });
      expect(await refused('POST', '/v1/repositories', { body: { name: 'x' } })).toMatchObject({
        reason: 'FIELD_INVALID',
        fields: ['url'],
      });
    });
  });

  describe('batches', () => {
    it('an unknown ref', async () => {
      for (const ref of ['no-such-branch', 'deadbeef'.repeat(5)]) {
        expect(await refusedBatch({ ref, tasks: [good] })).toMatchObject({
          http: 400,
          code: 3,
          reason: 'REF_NOT_FOUND',
          retryable: false,
        });
      }
      expect(await refusedBatch({ ref: '--upload-pack=x', tasks: [good] })).toMatchObject({
        reason: 'FIELD_INVALID',
        fields: ['ref'],
      });
    });

    it('a repository or environment that does not exist', async () => {
      expect(await refusedBatch({ repositoryId: NOBODY, tasks: [good] })).toMatchObject({
        http: 404,
        reason: 'REPOSITORY_NOT_FOUND',
      });
      expect(await refusedBatch({ repositoryId: 'shop', tasks: [good] })).toMatchObject({
        http: 404,
        reason: 'REPOSITORY_NOT_FOUND',
      });
      expect(await refusedBatch({ environmentId: NOBODY, tasks: [good] })).toMatchObject({
        http: 404,
        reason: 'ENVIRONMENT_NOT_FOUND',
      });
    });

    it('no task, a task without a prompt, 0 and 1,000 attempts, a command without a program: all faults at once', async () => {
      expect(await refusedBatch({ tasks: [] })).toMatchObject({ reason: 'FIELD_INVALID', fields: ['tasks'] });
      const tasks: TaskSpecInput[] = [
        { ...good, prompt: '  ' },
        { ...good, attempts: 0 },
        { ...good, attempts: 1000 },
        { ...good, agent: { kind: 'COMMAND', command: [] } },
        { ...good, checks: [{ name: 'c', command: ['x'], timeout: '-1s' }] },
      ];
      const refusal = await refusedBatch({ tasks });
      expect(refusal).toMatchObject({ http: 400, code: 3, reason: 'FIELD_INVALID' });
      expect([...refusal.fields].sort()).toEqual([
        'tasks[0].prompt',
        'tasks[1].attempts',
        'tasks[2].attempts',
        'tasks[3].agent.command',
        'tasks[4].checks[0].timeout',
      ]);
    });

    it('more tasks or text than fit', async () => {
      const tasks = Array.from({ length: 201 }, () => good);
      expect(await refusedBatch({ tasks })).toMatchObject({ reason: 'FIELD_INVALID', fields: ['tasks'] });
      const long = { ...good, prompt: 'x'.repeat(256 * 1024 + 1) };
      expect(await refusedBatch({ tasks: [long] })).toMatchObject({
        reason: 'FIELD_INVALID',
        fields: ['tasks[0].prompt'],
      });
      const huge = { ...good, prompt: 'x'.repeat(4 * 1024 * 1024) };
      expect(await refusedBatch({ tasks: [huge] })).toMatchObject({ http: 413, reason: 'REQUEST_TOO_LARGE' });
    });

    it('what is not for this agent, and an agent of no kind', async () => {
      expect(await refusedBatch({ tasks: [{ ...good, mode: 'PLAN' }] })).toMatchObject({
        reason: 'FIELD_INVALID',
        fields: ['tasks[0].mode'],
      });
      const unheard = { ...good, agent: { kind: 'ORACLE' } };
      expect(await refusedBatch({ tasks: [unheard] })).toMatchObject({
        reason: 'FIELD_INVALID',
        fields: ['tasks[0].agent.kind'],
      });
    });

    it('leaves nothing behind', async () => {
      const { batches } = await platform.rest.get<{ batches: BatchJson[] }>(
        `/v1/batches?repositoryId=${repository.id}`,
      );
      expect(batches).toEqual([]);
    });
  });

  describe('the wire', () => {
    it('an unknown key, a wrong enum word, a wrong type, a NUL: with its path', async () => {
      const cases: readonly (readonly [unknown, string])[] = [
        [{ tasks: [{ ...good, colour: 'red' }] }, 'tasks[0].colour'],
        [{ tasks: [{ ...good, mode: 'DREAM' }] }, 'tasks[0].mode'],
        [{ tasks: [{ ...good, attempts: 'many' }] }, 'tasks[0].attempts'],
        [{ tasks: [{ ...good, attempts: 1.5 }] }, 'tasks[0].attempts'],
        [{ tasks: 'none' }, 'tasks'],
        [{ tasks: [{ ...good, title: 'a\0b' }] }, 'tasks[0].title'],
        [{ tasks: [good], labels: { a: 1 } }, 'labels.a'],
      ];
      for (const [body, field] of cases) {
        const call = { body: { repositoryId: repository.id, ...(body as object) } };
        expect(await refused('POST', '/v1/batches', call)).toMatchObject({
          http: 400,
          reason: 'FIELD_INVALID',
          fields: [field],
        });
      }
    });

    it('a body that is no JSON, or nothing that a batch can be', async () => {
      for (const rawBody of ['{"tasks":', 'null', '[]', '"text"', '{"a":1}{"b":2}', Buffer.from([0x7b, 0xff, 0x7d])]) {
        expect(await refused('POST', '/v1/batches', { rawBody })).toMatchObject({ http: 400, reason: 'FIELD_INVALID' });
      }
    });

    it('another media type, or none', async () => {
      for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=latin1']) {
        const call = { rawBody: '{}', headers: { 'content-type': type } };
        expect(await refused('POST', '/v1/batches', call)).toMatchObject({
          http: 415,
          reason: 'MEDIA_TYPE_UNSUPPORTED',
        });
      }
    });

    it('an unknown route, a wrong verb, an unknown verb', async () => {
      expect(await refused('GET', '/v1/nothing')).toMatchObject({ http: 404, code: 5, reason: 'ROUTE_NOT_FOUND' });
      expect(await refused('GET', '/v2/batches')).toMatchObject({ http: 404, reason: 'ROUTE_NOT_FOUND' });
      expect(await refused('POST', `/v1/batches/${NOBODY}:explode`)).toMatchObject({
        http: 404,
        reason: 'ROUTE_NOT_FOUND',
      });
      expect(await refused('PUT', '/v1/batches')).toMatchObject({ http: 405, code: 12, reason: 'METHOD_NOT_ALLOWED' });
      expect(await refused('POST', `/v1/batches/${NOBODY}`)).toMatchObject({ http: 405, reason: 'METHOD_NOT_ALLOWED' });
    });

    it('a negative page, a token of another list, one that is none, an unknown parameter', async () => {
      await registerRepository(platform.rest, origin.path);
      const page = await platform.rest.get<{ nextPageToken: string }>('/v1/repositories?pageSize=1');
      expect(page.nextPageToken).not.toBe('');
      const cases: readonly (readonly [string, string])[] = [
        ['/v1/repositories?pageSize=-1', 'pageSize'],
        [`/v1/repositories?name=x&pageToken=${page.nextPageToken}`, 'pageToken'],
        [`/v1/batches?pageToken=${page.nextPageToken}`, 'pageToken'],
        ['/v1/repositories?pageToken=nonsense', 'pageToken'],
        ['/v1/repositories?colour=red', 'colour'],
        ['/v1/attempts?states=DREAMING', 'states[0]'],
        ['/v1/repositories?name=a%00b', 'name'],
      ];
      for (const [path, field] of cases) {
        const refusal = await refused('GET', path);
        expect([path, refusal]).toMatchObject([path, { http: 400, reason: 'FIELD_INVALID' }]);
        expect([path, refusal.fields.map(plain)]).toEqual([path, [plain(field)]]);
      }
    });

    it('a method that is declared but not built', async () => {
      const calls: readonly (readonly [string, string, unknown?])[] = [
        ['GET', `/v1/attempts/${NOBODY}:explain`],
        ['POST', `/v1/tasks/${NOBODY}:archive`, {}],
        ['DELETE', `/v1/repositories/${NOBODY}`],
        ['GET', '/v1/prompts'],
        ['GET', '/v1/webhooks'],
      ];
      for (const [method, path, body] of calls) {
        const refusal = await refused(method, path, body === undefined ? {} : { body });
        expect([path, refusal]).toMatchObject([
          path,
          { http: 501, code: 12, reason: 'NOT_AVAILABLE', retryable: false },
        ]);
      }
    });

    it('no token, a wrong one, another scheme', async () => {
      expect(await refused('GET', '/v1/batches', { token: null })).toMatchObject({
        http: 401,
        code: 16,
        reason: 'TOKEN_MISSING',
      });
      expect(await refused('GET', '/v1/batches', { token: 'wrong' })).toMatchObject({
        http: 401,
        reason: 'TOKEN_INVALID',
      });
      const basic = { token: null, headers: { authorization: 'Basic YTpi' } };
      expect(await refused('GET', '/v1/batches', basic)).toMatchObject({ http: 401 });
      // An unknown method tells a stranger nothing; what is open answers.
      expect((await platform.rest.call('GET', '/v1/info', { token: null })).status).toBe(200);
      expect((await platform.rest.call('GET', '/v1/openapi.json', { token: null })).status).toBe(200);
    });

    it('resources that do not exist', async () => {
      const cases: readonly (readonly [string, string])[] = [
        ['batches', 'BATCH_NOT_FOUND'],
        ['forecasts', 'FORECAST_NOT_FOUND'],
        ['tasks', 'TASK_NOT_FOUND'],
        ['attempts', 'ATTEMPT_NOT_FOUND'],
        ['changes', 'CHANGE_NOT_FOUND'],
        ['landings', 'LANDING_NOT_FOUND'],
        ['repositories', 'REPOSITORY_NOT_FOUND'],
        ['environments', 'ENVIRONMENT_NOT_FOUND'],
      ];
      for (const [noun, reason] of cases) {
        for (const id of [NOBODY, 'not-an-id', 'a%2Fb']) {
          const refusal = await refused('GET', `/v1/${noun}/${id}`);
          expect([noun, id, refusal]).toMatchObject([noun, id, { http: 404, code: 5, reason }]);
        }
      }
    });
  });

  describe('over gRPC', () => {
    const task = (fields: Partial<TaskSpec>) =>
      CreateBatchRequest.fromPartial({
        repositoryId: repository.id,
        tasks: [{ prompt: 'Weave.', agent: { kind: 'COMMAND', command: ['true'] }, ...fields }],
      });
    const refusedCreate = (request: CreateBatchRequest) =>
      grpcRefusalOf(platform.grpc.unary<Batch>((...rest) => platform.grpc.batches.createBatch(request, ...rest)));

    it('carries the same reasons in status details, fields spelled as in the proto', async () => {
      expect(await refusedCreate(task({ prompt: '' }))).toMatchObject({
        code: status.INVALID_ARGUMENT,
        reason: 'FIELD_INVALID',
        fields: ['tasks[0].prompt'],
      });
      const unknownRef = { ...task({}), ref: 'no-such-branch' };
      expect(await refusedCreate(unknownRef)).toMatchObject({ code: status.INVALID_ARGUMENT, reason: 'REF_NOT_FOUND' });
      expect(await refusedCreate(task({ title: 'a\0b' }))).toMatchObject({
        reason: 'FIELD_INVALID',
        fields: ['tasks[0].title'],
      });
    });

    it('names pages, missing things and what is not built', async () => {
      const { grpc } = platform;
      const negative = ListAttemptsRequest.fromPartial({ pageSize: -1 });
      expect(await grpcRefusalOf(grpc.unary((...rest) => grpc.attempts.listAttempts(negative, ...rest)))).toMatchObject(
        {
          reason: 'FIELD_INVALID',
          fields: ['page_size'],
        },
      );
      expect(await grpcRefusalOf(grpc.unary((...rest) => grpc.tasks.getTask({ id: NOBODY }, ...rest)))).toMatchObject({
        code: status.NOT_FOUND,
        reason: 'TASK_NOT_FOUND',
      });
      expect(await grpcRefusalOf(grpc.unary((...rest) => grpc.jobs.getJob({ id: NOBODY }, ...rest)))).toMatchObject({
        code: status.NOT_FOUND,
        reason: 'JOB_NOT_FOUND',
      });
    });

    it('asks for the token', async () => {
      const { grpc } = platform;
      const call = (token: string | null) =>
        grpcRefusalOf(grpc.unary((...rest) => grpc.system.getCaller({}, ...rest), { token }));
      expect(await call(null)).toMatchObject({ code: status.UNAUTHENTICATED, reason: 'TOKEN_MISSING' });
      expect(await call('wrong')).toMatchObject({ code: status.UNAUTHENTICATED, reason: 'TOKEN_INVALID' });
      const info = await grpc.unary<{ apiVersion: string }>((...rest) => grpc.system.getServerInfo({}, ...rest), {
        token: null,
      });
      expect(info.apiVersion).not.toBe('');
    });
  });

  it('harms nobody: a good batch still goes its way', async () => {
    const batch = await createBatch(platform.rest, repository, [bashTask('Go on', 'echo fine > fine.txt')]);
    const ended = await batchEnded(platform.rest, batch.id);
    expect(ended.tasks[0]?.attempts).toMatchObject([{ state: 'COMPLETED' } satisfies Partial<Attempt>]);
  });
});

/** A repeated parameter may be named with or without its place. */
function plain(field: string): string {
  return field.replace(/\[\d+\]$/, '');
}
