import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { status } from '@grpc/grpc-js';
import { Job_State, ListJobsRequest, ValidateEnvironmentRequest, type Job as GrpcJob } from '@heddle/contracts';
import type { Environment, Job, Repository } from '@heddle/sdk';
import { eventually } from '../support/bounds.js';
import { Cli } from '../support/doors/cli.js';
import { grpcRefusalOf } from '../support/doors/grpc-door.js';
import { refusalOf } from '../support/doors/rest-errors.js';
import { SampleRepository } from '../support/git/sample-repository.js';
import { usePlatform } from '../support/platform/use-platform.js';
import { bashTask } from '../support/work/agents.js';
import { anythingOf } from '../support/work/gates.js';
import { attemptEnded, attemptsOf, createBatch, registerRepository } from '../support/work/launch.js';
import { completeLog } from '../support/work/log-reader.js';

const platform = usePlatform();

describe("a dry run of an environment's set-up", () => {
  let cli: Cli;
  let origin: SampleRepository;
  let repository: Repository;

  beforeAll(async () => {
    cli = new Cli({ HEDDLE_DATA_DIR: platform.dataDirectory });
    origin = await SampleRepository.make(platform.scratch, { 'lock.txt': 'lock 1\n' });
    repository = await registerRepository(platform.rest, origin.path);
  });

  const environment = (name: string, script: string, more: object = {}): Promise<Environment> =>
    platform.rest.post<Environment>('/v1/environments', { name, setup: { script }, ...more });
  const validate = (of: Environment, more: object = {}): Promise<Job> =>
    platform.rest.post<Job>(`/v1/environments/${of.id}:validate`, { repositoryId: repository.id, ...more });
  const ended = (id: string): Promise<Job> =>
    eventually(`job ${id} ends`, async () => {
      const job = await platform.rest.get<Job>(`/v1/jobs/${id}:wait?timeout=30s`);
      return job.endTime === undefined ? undefined : job;
    });
  const log = async (id: string): Promise<string> => (await completeLog(platform.rest, `jobs/${id}`)).text();

  it('by the command line: its log, its checks, and nothing that an attempt could meet', async () => {
    const checks = [{ name: 'made', command: ['bash', '-c', 'cat made/lock.txt ~/kept'] }];
    const good = await environment('good', 'mkdir made; cp lock.txt made/; echo at-home > ~/kept; echo setting up', {
      checks,
    });
    const args = ['environment', 'validate', 'good', '--repository', repository.name, '--checks', '--follow'];
    const run = await cli.run(args, { cwd: platform.scratch });
    expect(run).toMatchObject({ code: 0 });
    expect(run.stdout).toMatch(/setting up[^]*lock 1\nat-home[^]*SUCCEEDED[^]*SETUP +SUCCEEDED[^]*made +PASSED/);
    const { jobs } = await cli.json<{ jobs: Job[] }>(['job', 'ls', '--environment', 'good'], { cwd: platform.scratch });
    expect(jobs).toMatchObject([
      {
        state: 'SUCCEEDED',
        environmentValidation: {
          environmentId: good.id,
          environmentVersion: 1,
          repositoryId: repository.id,
          ref: 'main',
          sandbox: { driver: 'BUBBLEWRAP', setupCache: 'MISS', setupCacheReason: 'FIRST_USE' },
          steps: [{ name: 'PROVISION' }, { name: 'SETUP' }, { name: 'CHECKS', state: 'SUCCEEDED' }],
          checks: [{ name: 'made', state: 'PASSED' }],
          refusedRequests: [],
        },
      },
    ]);
    // The layer that an attempt needs is not there: nothing of the dry run was kept.
    const task = bashTask('Use it', 'cat made/lock.txt ~/kept');
    const batch = await createBatch(platform.rest, repository, [task], { environmentId: good.id });
    expect(await attemptEnded(platform.rest, attemptsOf(batch)[0]?.id ?? '')).toMatchObject({
      state: 'COMPLETED',
      sandbox: { setupCache: 'MISS', setupCacheReason: 'FIRST_USE' },
    });
    const again = await ended((await validate(good)).id);
    expect(again.environmentValidation?.sandbox).toMatchObject({ setupCache: 'HIT' });
    expect(await log(again.id)).toContain('setting up');
  });

  it('that fails says why, with its log and what the network refused', async () => {
    const script = 'echo halfway; curl -sS -m 20 https://refused.example/ || true; exit 3';
    const bad = await environment('bad', script, { network: { setup: [{ host: 'allowed.example' }] } });
    const job = await ended((await validate(bad, { runChecks: true })).id);
    expect(job).toMatchObject({
      state: 'FAILED',
      statusDetail: 'SETUP_SCRIPT_FAILED',
      stateInfo: { cause: 'USER', message: expect.stringContaining('exit code 3') as unknown },
      environmentValidation: {
        steps: [
          { name: 'PROVISION', state: 'SUCCEEDED' },
          { name: 'SETUP', state: 'FAILED', statusDetail: 'SETUP_SCRIPT_FAILED' },
          { name: 'CHECKS', state: 'SKIPPED' },
        ],
        refusedRequests: [{ host: 'refused.example', suggestion: { host: 'refused.example' } }],
      },
    });
    expect(await log(job.id)).toMatch(/^\[heddle\] a dry run: [^]*\nhalfway\n[^]*exit code 3/);
    const run = await cli.run(['environment', 'validate', 'bad', '--repository', repository.name, '-f'], {
      cwd: platform.scratch,
    });
    expect(run.code).toBe(1);
    expect(run.stdout).toMatch(/halfway[^]*SETUP_SCRIPT_FAILED[^]*refused\.example/);
  });

  it('that is cancelled leaves nothing running', async () => {
    const marker = `dry-run-${randomUUID()}`;
    const endless = await environment('endless', `echo begun; (exec -a ${marker} sleep 1000)`);
    const { id } = await validate(endless);
    await eventually('the script runs', () => (anythingOf(marker).length > 0 ? true : undefined));
    const { jobs, unary } = { jobs: platform.grpc.jobs, unary: platform.grpc.unary.bind(platform.grpc) };
    await unary<GrpcJob>((...rest) => jobs.cancelJob({ id, requestId: '' }, ...rest));
    expect(await ended(id)).toMatchObject({ state: 'CANCELLED', statusDetail: 'CANCELLED_BY_USER' });
    expect(anythingOf(marker).filter(({ argv }) => argv[0] === marker)).toEqual([]);
    expect(await cli.json<Job>(['job', 'cancel', id], { cwd: platform.scratch })).toMatchObject({ state: 'CANCELLED' });
  });

  it('over gRPC: once by its request id, waited for, listed by pages', async () => {
    const { grpc } = platform;
    const of = await environment('paged', 'true');
    const start = (fields: object): Promise<GrpcJob> =>
      grpc.unary<GrpcJob>((...rest) =>
        grpc.environments.validateEnvironment(
          ValidateEnvironmentRequest.fromPartial({ id: of.id, repositoryId: repository.id, ...fields }),
          ...rest,
        ),
      );
    const requestId = randomUUID();
    const first = await start({ requestId });
    expect((await start({ requestId })).id).toBe(first.id);
    const second = await start({});
    for (const { id } of [first, second]) {
      const wait = { id, timeout: { seconds: '60', nanos: 0 } };
      const job = await grpc.unary<GrpcJob>((...rest) => grpc.jobs.waitJob(wait, ...rest));
      expect(job.state).toBe(Job_State.SUCCEEDED);
    }
    const page = (pageToken: string) =>
      grpc.unary<{ jobs: GrpcJob[]; nextPageToken: string }>((...rest) =>
        grpc.jobs.listJobs(ListJobsRequest.fromPartial({ environmentId: of.id, pageSize: 1, pageToken }), ...rest),
      );
    const newest = await page('');
    const oldest = await page(newest.nextPageToken);
    expect([newest.jobs[0]?.id, oldest.jobs[0]?.id, oldest.nextPageToken]).toEqual([second.id, first.id, '']);
  });

  it('of what is not there is refused at the door', async () => {
    const of = await environment('unknown', 'true');
    const nobody = '019ab000-0000-7000-8000-00000000dead';
    const { grpc, rest } = platform;
    const path = `/v1/environments/${of.id}:validate`;
    const answer = await rest.call('POST', path, { body: { repositoryId: nobody } });
    expect(refusalOf(answer)).toMatchObject({ http: 404, reason: 'REPOSITORY_NOT_FOUND' });
    const badRef = await rest.call('POST', path, { body: { repositoryId: repository.id, ref: 'no-such-branch' } });
    expect(refusalOf(badRef)).toMatchObject({ http: 400, reason: 'REF_NOT_FOUND' });
    const request = ValidateEnvironmentRequest.fromPartial({ id: nobody, repositoryId: repository.id });
    const refused = grpc.unary((...more) => grpc.environments.validateEnvironment(request, ...more));
    expect(await grpcRefusalOf(refused)).toMatchObject({ code: status.NOT_FOUND, reason: 'ENVIRONMENT_NOT_FOUND' });
    const run = await cli.run(['environment', 'validate', 'unknown', '--repository', 'nowhere'], {
      cwd: platform.scratch,
    });
    expect(run).toMatchObject({ code: 3, stderr: expect.stringContaining('nowhere') as unknown });
  });
});
