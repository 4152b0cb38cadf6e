import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  CreateEnvironmentRequest,
  CreateRepositoryRequest,
  Job_State,
  ListJobsRequest,
  ValidateEnvironmentRequest,
} from '@heddle/contracts';
import { SandboxOwner_Kind } from '@heddle/contracts/internal';
import { newId } from '@heddle/platform/ids';
import { describeWith } from '@heddle/testing';
import { BASE_COMMIT, schedulerFixture, type SchedulerFixture } from '../testing/scheduler-fixture.js';

await describeWith(['postgres'], 'jobs', ({ postgres }) => {
  let fixture: SchedulerFixture;
  let repositoryId: string;
  let environmentId: string;

  beforeAll(async () => {
    fixture = await schedulerFixture(postgres);
    const repository = CreateRepositoryRequest.fromPartial({ name: 'shop', url: '/srv/shop.git' });
    repositoryId = (await fixture.repositories.create(repository)).id;
    environmentId = await environment();
  });
  afterAll(() => fixture.close());

  const environment = async (): Promise<string> => {
    const checks = [{ name: 'unit', command: ['true'], timeout: { seconds: '30', nanos: 0 } }];
    const setup = { script: 'make', timeout: { seconds: '60', nanos: 0 } };
    const recipe = CreateEnvironmentRequest.fromPartial({ name: newId(), setup, checks });
    return (await fixture.environments.create(recipe)).id;
  };
  const validate = (more: object = {}) =>
    fixture.jobs.validateEnvironment(
      ValidateEnvironmentRequest.fromPartial({ id: environmentId, repositoryId, ...more } as never),
    );
  const events = async (id: string): Promise<string[]> => {
    const rows: { type: string }[] = await fixture.dataSource.query(
      'SELECT type FROM outbox WHERE aggregate_id = $1 ORDER BY version',
      [id],
    );
    return rows.map(({ type }) => type.replace('heddle.v1.', ''));
  };

  it('are made once per request id, at a commit that is frozen, and their workflow is told', async () => {
    const requestId = newId();
    const job = await validate({ requestId, ref: 'main', runChecks: true });
    expect(job).toMatchObject({
      kind: 'VALIDATE_ENVIRONMENT',
      state: Job_State.QUEUED,
      environmentValidation: { environmentId, environmentVersion: 1, repositoryId, ref: 'main', commit: BASE_COMMIT },
    });
    expect(await validate({ requestId, ref: 'main', runChecks: true })).toEqual(job);
    await expect(validate({ requestId, ref: 'other' })).rejects.toMatchObject({ reason: 'REQUEST_ID_REUSED' });
    await fixture.jobs.wait(job.id, { seconds: '0', nanos: 0 });
    fixture.dispatcher.poke();
    while (!fixture.told.includes(`job/${job.id}`)) await new Promise((resolve) => setImmediate(resolve));
    expect(await events(job.id)).toEqual(['job.queued']);
  });

  it('are refused by their door where what they need is not there', async () => {
    await expect(validate({ id: '' })).rejects.toMatchObject({ reason: 'ENVIRONMENT_NOT_FOUND' });
    await expect(validate({ id: newId() })).rejects.toMatchObject({ reason: 'ENVIRONMENT_NOT_FOUND' });
    await expect(validate({ version: 9 })).rejects.toMatchObject({ reason: 'ENVIRONMENT_NOT_FOUND' });
    await expect(validate({ repositoryId: newId() })).rejects.toMatchObject({ reason: 'REPOSITORY_NOT_FOUND' });
    await expect(validate({ repositoryId: '', ref: '-x', version: -1 })).rejects.toMatchObject({
      violations: [{ field: 'repository_id' }, { field: 'ref' }, { field: 'version' }],
    });
    await expect(fixture.jobs.get(newId())).rejects.toMatchObject({ reason: 'JOB_NOT_FOUND' });
  });

  it('are led by the newest fence, which alone is told what to run', async () => {
    const { id } = await validate({ runChecks: true });
    const begin = await fixture.jobActivities.beginJob(id);
    expect(begin).toMatchObject({
      kind: 'WORK',
      plan: { commit: BASE_COMMIT, checksTimeoutMs: 30_000, setupTimeoutMs: 60_000, transition: 0 },
      claim: { fence: 1 },
    });
    await fixture.jobActivities.raiseJobFence(id);
    const owner = { kind: SandboxOwner_Kind.JOB, id, fence: '2' };
    expect(await fixture.specs.get({ owner })).toMatchObject({
      owner,
      baseCommit: BASE_COMMIT,
      environmentId,
      setup: { script: 'make' },
      checks: [{ name: 'unit' }],
      trustedBase: true,
      ended: false,
    });
    await expect(fixture.specs.get({ owner: { ...owner, fence: '1' } })).rejects.toMatchObject({
      reason: 'FENCE_SUPERSEDED',
    });
    const plain = await validate();
    expect(await fixture.jobActivities.beginJob(plain.id)).toMatchObject({ plan: { checksTimeoutMs: 0 } });
    const unchecked = { kind: SandboxOwner_Kind.JOB, id: plain.id, fence: '1' };
    expect(await fixture.specs.get({ owner: unchecked })).toMatchObject({ checks: [] });
  });

  it('have each step once, whoever writes it first, and what a lost claim found is gone', async () => {
    const { id } = await validate();
    const { jobActivities, jobs } = fixture;
    const sandbox = { driver: 'D', boundary: 'FULL', missing: ['cpu'], fileSystem: 'OVERLAY', durationMs: 3 };
    const refused = [{ host: 'a.example', port: 443, verdict: 'REFUSED', suggestion: { host: 'a.example' } }];
    const setup = { outcome: 'FAILED', reason: 'SETUP_SCRIPT_FAILED', message: 'exit code 2', durationMs: 9 } as const;
    const found = { ...setup, setupCache: 'MISS', setupCacheReason: 'FIRST_USE', refused } as const;
    const step = (transition: number, more: object) =>
      jobActivities.recordJobStep({ jobId: id, transition, state: 'RUNNING', statusDetail: '', ...more });
    await step(1, { runnerId: 'r1' });
    await step(2, { sandbox });
    await step(3, { state: 'QUEUED', statusDetail: 'RUNNER_LOST', restartCount: 1 });
    expect(await jobs.get(id)).toMatchObject({
      state: Job_State.QUEUED,
      restartCount: 1,
      environmentValidation: { sandbox: undefined, steps: [] },
    });
    await step(4, { sandbox });
    const end = { state: 'FAILED', statusDetail: setup.reason, message: setup.message, setup: found, checks: [] };
    expect(await step(5, end)).toEqual({ state: 'FAILED' });
    expect(await step(5, { state: 'SUCCEEDED' })).toEqual({ state: 'FAILED' });
    const job = await jobs.get(id);
    expect(job).toMatchObject({
      state: Job_State.FAILED,
      statusDetail: 'SETUP_SCRIPT_FAILED',
      stateInfo: { message: 'exit code 2', cause: 'USER', actions: [] },
      environmentValidation: {
        sandbox: { missing: ['cpu'], setupCache: 'MISS', setupCacheReason: 'FIRST_USE' },
        refusedRequests: [{ host: 'a.example', suggestion: { host: 'a.example' } }],
      },
    });
    expect(job.endTime).toBeDefined();
    expect(await events(id)).toEqual([
      'job.queued',
      'job.running',
      'job.updated',
      'job.queued',
      'job.running',
      'job.failed',
    ]);
    expect(await jobActivities.beginJob(id)).toEqual({ kind: 'NOTHING_TO_DO' });
  });

  it('are cancelled by a note on the row, which their workflow reads; twice is no error, and an end stays', async () => {
    const { id } = await validate();
    await fixture.jobs.cancel({ requestId: '', id });
    await fixture.jobs.cancel({ requestId: '', id });
    expect(await fixture.jobActivities.readJobIntent(id)).toEqual({ stop: 'CANCELLED' });
    expect(await fixture.jobActivities.beginJob(id)).toMatchObject({ claim: { stop: 'CANCELLED' } });
    await fixture.jobActivities.recordJobStep({ jobId: id, transition: 1, state: 'CANCELLED', statusDetail: 'X' });
    expect(await fixture.jobs.cancel({ requestId: '', id })).toMatchObject({ state: Job_State.CANCELLED });
  });

  it('are listed by pages, newest first, by environment and state', async () => {
    environmentId = await environment();
    const ids: string[] = [];
    for (let count = 0; count < 3; count += 1) ids.unshift((await validate()).id);
    const list = (more: object) => fixture.jobs.list(ListJobsRequest.fromPartial({ environmentId, ...more } as never));
    const first = await list({ pageSize: 2 });
    const second = await list({ pageSize: 2, pageToken: first.nextPageToken });
    expect([...first.jobs, ...second.jobs].map(({ id }) => id)).toEqual(ids);
    expect(second.nextPageToken).toBe('');
    await expect(list({ pageToken: first.nextPageToken, states: [Job_State.FAILED] })).rejects.toMatchObject({
      reason: 'FIELD_INVALID',
    });
    expect((await list({ states: [Job_State.SUCCEEDED] })).jobs).toEqual([]);
  });

  it('get a new workflow where Temporal knows of none, and end where an operator ended it', async () => {
    const { id } = await validate();
    const untold = () =>
      fixture.dataSource.query<unknown[]>('SELECT 1 FROM jobs WHERE dispatched_at IS NULL AND end_time IS NULL');
    while ((await untold()).length > 0) await new Promise((resolve) => setImmediate(resolve));
    const since = `now() - interval '31 seconds'`;
    await fixture.dataSource.query(`UPDATE jobs SET dispatched_at = ${since}, state_since = ${since}`);
    const status = new Map([[`job/${id}`, 'TERMINATED']]);
    fixture.describe = (workflow) => Promise.resolve({ status: { name: status.get(workflow) ?? 'RUNNING' } });
    fixture.jobReconciler.look();
    await fixture.jobReconciler.beforeApplicationShutdown();
    expect(await fixture.jobs.get(id)).toMatchObject({ statusDetail: 'TERMINATED_BY_OPERATOR' });
  });
});
