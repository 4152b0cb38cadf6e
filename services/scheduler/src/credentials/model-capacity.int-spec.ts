import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import {
  ApprovePlanRequest,
  CreateBatchRequest,
  CreateCredentialRequest,
  CreateRepositoryRequest,
  Credential,
  Credential_Kind,
  type Batch,
} from '@heddle/contracts';
import { SandboxOwner_Kind } from '@heddle/contracts/internal';
import { createLogger } from '@heddle/platform/logging';
import { ChangeBell, toDuration } from '@heddle/platform/waiting';
import { describeWith, useTemporaryDirectories } from '@heddle/testing';
import { recordStep } from '../attempts/record-step.js';
import { TurnEntity } from '../persistence/turn.entity.js';
import { FileKeyProvider } from '../secrets/file-key-provider.js';
import { newTurn } from '../turns/record-turn.js';
import { CONFIG, schedulerFixture, type SchedulerFixture } from '../testing/scheduler-fixture.js';
import { CredentialService } from './credential.service.js';
import { ModelCapacity } from './model-capacity.js';
import { ModelRefusalService } from './model-refusal.service.js';

const temporary = useTemporaryDirectories();

await describeWith(['postgres'], 'attempts that share a credential', ({ postgres }) => {
  let fixture: SchedulerFixture;
  let credentials: CredentialService;
  let refusals: ModelRefusalService;
  let capacity: ModelCapacity;
  let repositoryId: string;

  beforeEach(async () => {
    fixture = await schedulerFixture(postgres);
    const { dataSource, attempts } = fixture;
    const keys = new FileKeyProvider(join(await temporary('keys'), 'secrets-key'));
    credentials = new CredentialService(dataSource, keys, CONFIG);
    refusals = new ModelRefusalService(dataSource, attempts, createLogger('test', 'silent'));
    capacity = new ModelCapacity(dataSource, new ChangeBell());
    // Only this test lets attempts begin.
    await fixture.dispatcher.beforeApplicationShutdown();
    const repository = CreateRepositoryRequest.fromPartial({ name: 'shop', url: '/srv/shop.git' });
    repositoryId = (await fixture.repositories.create(repository)).id;
  });
  afterEach(() => fixture.close());

  const credential = (maxConcurrentAttempts = 0): Promise<Credential> =>
    credentials.create(
      CreateCredentialRequest.fromPartial({
        name: `c-${randomBytes(4).toString('hex')}`,
        kind: Credential_Kind.MODEL,
        provider: 'OPENAI',
        value: 'sk-hush-hush',
        maxConcurrentAttempts,
      }),
    );
  const batchOf = (tasks: number, credentialId: string, priority = 3): Promise<Batch> => {
    const task = { prompt: 'x', agent: { kind: 'COMMAND', command: ['true'], credentialId } };
    return fixture.batches.create(
      CreateBatchRequest.fromPartial({ repositoryId, priority, tasks: Array.from({ length: tasks }, () => task) }),
    );
  };
  const idsOf = (batch: Batch): string[] => batch.tasks.flatMap(({ attempts }) => attempts.map(({ id }) => id));
  const settled = async (): Promise<void> => {
    while (await capacity.admit());
  };
  async function admitted(): Promise<string[]> {
    await settled();
    const rows: { id: string }[] = await fixture.dataSource.query(
      'SELECT id FROM attempts WHERE admit_time IS NOT NULL AND end_time IS NULL ORDER BY id',
    );
    return rows.map(({ id }) => id);
  }
  const end = (attemptId: string) =>
    recordStep(fixture.dataSource, { attemptId, transition: 1, state: 'FAILED', statusDetail: 'RUNNER_LOST' });
  async function refuse(attemptId: string, retryAfterMs: number | undefined, refuseTime = new Date()): Promise<void> {
    const { fence, credentialId } = await fixture.attempts.row(attemptId);
    await refusals.report({
      owner: { kind: SandboxOwner_Kind.ATTEMPT, id: attemptId, fence },
      credentialId: credentialId ?? '',
      status: 429,
      retryAfter: retryAfterMs === undefined ? undefined : toDuration(retryAfterMs),
      refuseTime,
    });
  }
  const over = (id: string, secondsAgo = 60) =>
    fixture.dataSource.query(
      `UPDATE credentials SET cooldown_end_time = now() - $2::int * interval '1 second' WHERE id = $1`,
      [id, secondsAgo],
    );
  const detailsOf = async (ids: readonly string[]): Promise<(string | undefined)[]> =>
    Promise.all(ids.map(async (id) => (await fixture.attempts.get(id)).statusDetail));

  it('begin as many as its limit has room for; the others say what they wait for', async () => {
    const { id } = await credential(2);
    const ids = idsOf(await batchOf(5, id));
    expect(await admitted()).toEqual(ids.slice(0, 2));
    expect(await detailsOf(ids)).toEqual(['', '', ...Array<string>(3).fill('WAITING_FOR_CAPACITY')]);
    const waiting = await fixture.attempts.get(ids[4] ?? '');
    expect(waiting.stateInfo).toMatchObject({ cause: 'CAPACITY', message: expect.stringContaining('at once') });
    expect(waiting.stateInfo?.retryTime).toBeUndefined();
    await end(ids[0] ?? '');
    expect(await admitted()).toEqual(ids.slice(1, 3));
    expect(await detailsOf(ids.slice(1))).toEqual(['', '', 'WAITING_FOR_CAPACITY', 'WAITING_FOR_CAPACITY']);
    await credentials.update({ credential: Credential.fromPartial({ id }), updateMask: ['max_concurrent_attempts'] });
    expect(await admitted()).toEqual(ids.slice(1));
  });

  it('never are more than its limit, however many look at once, and the urgent ones are first', async () => {
    const { id } = await credential(3);
    await batchOf(6, id);
    const urgent = idsOf(await batchOf(2, id, 1));
    await Promise.all(Array.from({ length: 4 }, () => capacity.admit()));
    const begun = await admitted();
    expect(begun).toHaveLength(3);
    expect(begun).toEqual(expect.arrayContaining(urgent));
  });

  it('wait for nobody who uses another credential, or none', async () => {
    const [one, two] = [await credential(1), await credential(1)];
    const batches = [await batchOf(2, one.id), await batchOf(2, two.id), await batchOf(1, '')];
    expect(await admitted()).toEqual(batches.slice(0, 2).map((batch) => idsOf(batch)[0]));
    const next = (fixture.dispatcher as unknown as { next(): Promise<{ id: string }[]> }).next();
    const told = (await next).map(({ id }) => id).sort();
    expect(told).toEqual(batches.map((batch) => idsOf(batch)[0]).sort());
  });

  it('give their place back while they wait for a person, and ask for one again after that', async () => {
    const { id } = await credential(1);
    const [first = '', second = ''] = idsOf(await batchOf(2, id));
    expect(await admitted()).toEqual([first]);
    await recordStep(fixture.dataSource, {
      attemptId: first,
      transition: 1,
      state: 'WAITING_FOR_USER',
      statusDetail: 'PLAN_APPROVAL',
    });
    expect(await admitted()).toEqual([second]);
    await end(second);
    expect(await admitted()).toEqual([]);
    expect((await fixture.attempts.get(first)).statusDetail).toBe('PLAN_APPROVAL');
    await fixture.plans.approve(ApprovePlanRequest.fromPartial({ id: first }));
    expect(await admitted()).toEqual([first]);
  });

  it('keep their place where a message that waited is their next turn in place of a plan that waits', async () => {
    const { id } = await credential(1);
    const [first = ''] = idsOf(await batchOf(2, id));
    expect(await admitted()).toEqual([first]);
    const { manager } = fixture.dataSource;
    await manager.insert(TurnEntity, newTurn(manager, first, 2, { message: 'And the tests' }));
    const { state } = await recordStep(fixture.dataSource, {
      attemptId: first,
      transition: 1,
      state: 'WAITING_FOR_USER',
      statusDetail: 'PLAN_APPROVAL',
      turn: { outcome: 'EXITED', exitCode: 0, outputTruncated: false },
    }).then(({ stored }) => stored);
    expect(state).toBe('QUEUED');
    // Before anybody could let it begin again.
    expect((await fixture.attempts.row(first)).admitTime).toBeInstanceOf(Date);
    expect(await admitted()).toEqual([first]);
  });

  it('end without having begun where somebody stops them', async () => {
    const { id } = await credential(1);
    const batch = await batchOf(3, id);
    await settled();
    await fixture.batches.cancel(batch.id);
    const next = (fixture.dispatcher as unknown as { next(): Promise<{ id: string }[]> }).next();
    expect((await next).map((row) => row.id).sort()).toEqual(idsOf(batch));
  });

  it('all wait while their model cools down, until the time that they name', async () => {
    const { id } = await credential();
    const [first = ''] = idsOf(await batchOf(1, id));
    await settled();
    await refuse(first, 60_000);
    const ids = idsOf(await batchOf(3, id));
    expect(await admitted()).toEqual([first]);
    const { cooldownEndTime } = await credentials.get(id);
    expect(cooldownEndTime).toEqual(expect.any(Date));
    for (const one of ids)
      expect(await fixture.attempts.get(one)).toMatchObject({
        statusDetail: 'WAITING_FOR_CAPACITY',
        stateInfo: { cause: 'CAPACITY', retryTime: cooldownEndTime, message: expect.stringContaining('cooldown') },
      });
    const events: { type: string; payload: string }[] = await fixture.dataSource.query(
      'SELECT type, payload FROM outbox WHERE aggregate_id = $1 ORDER BY version',
      [ids[0]],
    );
    expect(events.map(({ type }) => type)).toEqual(['attempt.queued', 'attempt.detail_changed']);
    expect(JSON.parse(events[1]?.payload ?? '')).toMatchObject({
      data: { attempt: { stateInfo: { retryTime: cooldownEndTime?.toISOString() } } },
    });
    await over(id);
    expect(await admitted()).toEqual([first, ...ids]);
    expect(await detailsOf(ids)).toEqual(['', '', '']);
    expect((await credentials.get(id)).cooldownEndTime).toBeUndefined();
  });

  it('begin a few at a time after a cooldown, twice as many every five seconds', async () => {
    const { id } = await credential();
    const [first = ''] = idsOf(await batchOf(1, id));
    await settled();
    await refuse(first, 60_000);
    const ids = idsOf(await batchOf(20, id));
    await settled();
    await fixture.dataSource.query(`UPDATE attempts SET admit_time = now() - interval '1 hour' WHERE id = $1`, [first]);
    await over(id, 0);
    expect(await admitted()).toEqual([first, ...ids.slice(0, 2)]);
    await over(id, 1);
    expect(await admitted()).toHaveLength(3);
    const waiting = await fixture.attempts.get(ids[2] ?? '');
    expect(waiting).toMatchObject({
      statusDetail: 'WAITING_FOR_CAPACITY',
      stateInfo: { retryTime: undefined, message: expect.stringContaining('a few at a time') },
    });
    await over(id, 6);
    expect(await admitted()).toHaveLength(5);
    await end(ids[0] ?? '');
    expect(await admitted()).toHaveLength(5);
    await over(id, 60);
    expect(await admitted()).toHaveLength(20);
  });

  it('wait for the end of a cooldown before they are claimed again, and say so', async () => {
    const { id } = await credential();
    const [first = '', second = ''] = idsOf(await batchOf(2, id));
    await settled();
    expect(await fixture.activities.raiseFence(first)).toEqual({ fence: 1 });
    await refuse(first, 60_000);
    const { cooldownEndTime } = await credentials.get(id);
    expect(await fixture.activities.raiseFence(first)).toEqual({ fence: 2, holdUntil: cooldownEndTime?.getTime() });
    expect(await fixture.attempts.get(first)).toMatchObject({
      statusDetail: 'WAITING_FOR_CAPACITY',
      stateInfo: { retryTime: cooldownEndTime },
    });
    expect(await detailsOf([second])).toEqual(['']);
    await over(id);
    expect(await fixture.activities.raiseFence(first)).toEqual({ fence: 3 });
    expect(await detailsOf([first])).toEqual(['']);
  });

  it('wait for the longest of what was said, in whatever order, and never for what is over', async () => {
    const { id } = await credential();
    const [first = ''] = idsOf(await batchOf(1, id));
    const until = async (): Promise<number> => (await credentials.get(id)).cooldownEndTime?.getTime() ?? 0;
    const at = new Date(Date.now() - 5_000);
    await refuse(first, 4_000, at);
    expect(await until()).toBe(0);
    await Promise.all([60_000, 120_000, 30_000, undefined].map((ms) => refuse(first, ms, at)));
    expect(await until()).toBe(at.getTime() + 120_000);
    await refuse(first, 86_400_000, at);
    expect(await until()).toBe(at.getTime() + 3_600_000);
  });

  it('are slowed down by nobody who does not use it, or was claimed again', async () => {
    const [{ id }, other] = [await credential(), await credential()];
    const [attemptId = ''] = idsOf(await batchOf(1, id));
    const owner = { kind: SandboxOwner_Kind.ATTEMPT, id: attemptId, fence: '0' };
    const report = { owner, credentialId: other.id, status: 429, retryAfter: undefined, refuseTime: undefined };
    await expect(refusals.report(report)).rejects.toMatchObject({ reason: 'CREDENTIAL_NOT_FOUND' });
    await fixture.activities.raiseFence(attemptId);
    await expect(refusals.report({ ...report, credentialId: id })).rejects.toMatchObject({
      reason: 'FENCE_SUPERSEDED',
    });
    for (const one of [id, other.id]) expect((await credentials.get(one)).cooldownEndTime).toBeUndefined();
  });
});
