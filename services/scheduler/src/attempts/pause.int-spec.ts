import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Attempt_State, CreateBatchRequest, CreateRepositoryRequest } from '@heddle/contracts';
import { describeWith } from '@heddle/testing';
import { schedulerFixture, type SchedulerFixture } from '../testing/scheduler-fixture.js';

await describeWith(['postgres'], 'pausing an attempt', ({ postgres }) => {
  let fixture: SchedulerFixture;
  let id: string;
  let transition = 0;

  beforeAll(async () => {
    fixture = await schedulerFixture(postgres);
    const { id: repositoryId } = await fixture.repositories.create(
      CreateRepositoryRequest.fromPartial({ name: 'shop', url: '/srv/shop.git' }),
    );
    const tasks = [{ prompt: 'Fix it', agent: { kind: 'COMMAND', command: ['true'] } }];
    const batch = await fixture.batches.create(CreateBatchRequest.fromPartial({ repositoryId, tasks }));
    id = batch.tasks[0]?.attempts[0]?.id ?? '';
  });
  afterAll(() => fixture.close());

  async function step(state: 'PROVISIONING' | 'RUNNING' | 'CANCELLED'): Promise<void> {
    transition += 1;
    await fixture.activities.recordStep({ attemptId: id, transition, state, statusDetail: '' });
  }

  async function events(): Promise<string[]> {
    const rows: { type: string }[] = await fixture.dataSource.query(
      `SELECT type FROM outbox WHERE aggregate = 'attempt' AND aggregate_id = $1 ORDER BY version`,
      [id],
    );
    return rows.map(({ type }) => type);
  }

  it('is refused while no agent runs, with the state in which it is not', async () => {
    await step('PROVISIONING');
    await expect(fixture.attempts.pause(id, true)).rejects.toMatchObject({
      reason: 'ATTEMPT_NOT_RUNNING',
      metadata: { state: 'PROVISIONING', allowedStates: 'RUNNING' },
    });
    expect((await fixture.attempts.pause(id, false)).statusDetail).toBe('');
  });

  it('is what the workflow is told, and shows once the runner has done it', async () => {
    await step('RUNNING');
    const told = fixture.told.length;
    const asked = await fixture.attempts.pause(id, true);
    expect(asked).toMatchObject({ state: Attempt_State.RUNNING, statusDetail: '', pauseTime: undefined });
    await fixture.attempts.pause(id, true);
    expect(await fixture.activities.readIntent(id)).toEqual({ pause: true });
    await fixture.activities.recordPause({ attemptId: id, paused: true });
    await fixture.activities.recordPause({ attemptId: id, paused: true });
    expect(await fixture.attempts.get(id)).toMatchObject({
      state: Attempt_State.RUNNING,
      statusDetail: 'PAUSED',
      pauseTime: expect.any(Date),
      stateInfo: { actions: ['ResumeAttempt', 'CancelAttempt'] },
    });
    await fixture.dispatcher.beforeApplicationShutdown();
    expect(fixture.told.slice(told)).toContain(`attempt/${id}`);
    expect((await events()).filter((type) => type.includes('pause'))).toHaveLength(1);
  });

  it('ends with a resume, or with a fresh sandbox that nobody wants paused', async () => {
    await fixture.attempts.pause(id, false);
    expect(await fixture.activities.raiseFence(id)).toEqual({ fence: 1 });
    await step('RUNNING');
    expect(await fixture.attempts.get(id)).toMatchObject({ statusDetail: '', pauseTime: undefined });
    await fixture.attempts.pause(id, true);
    expect(await fixture.activities.raiseFence(id)).toEqual({ fence: 2, pause: true });
    await fixture.activities.recordPause({ attemptId: id, paused: true });
    await fixture.activities.recordPause({ attemptId: id, paused: false });
    expect((await fixture.attempts.get(id)).pauseTime).toBeUndefined();
  });

  it('and what is kept of its sandbox is shown, once', async () => {
    await fixture.activities.recordKept({ attemptId: id, until: 1_900_000_000_000 });
    const { revision } = await fixture.attempts.get(id);
    await fixture.activities.recordKept({ attemptId: id, until: 1_900_000_000_000 });
    expect((await fixture.attempts.get(id)).revision).toBe(revision);
    expect(await events()).toContain('attempt.sandbox_kept');
  });

  it('is over with the attempt', async () => {
    await fixture.activities.recordPause({ attemptId: id, paused: true });
    await fixture.attempts.cancel(id);
    await expect(fixture.attempts.pause(id, false)).rejects.toMatchObject({ reason: 'ATTEMPT_NOT_RUNNING' });
    await step('CANCELLED');
    expect(await fixture.attempts.get(id)).toMatchObject({ state: Attempt_State.CANCELLED, pauseTime: undefined });
    await expect(fixture.attempts.pause(id, true)).rejects.toMatchObject({ reason: 'ATTEMPT_NOT_RUNNING' });
  });
});
