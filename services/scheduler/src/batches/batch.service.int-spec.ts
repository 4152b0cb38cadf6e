import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { CreateBatchRequest, CreateEnvironmentRequest, CreateRepositoryRequest, Forecast } from '@heddle/contracts';
import type { AttemptStep, CheckOutcome } from '@heddle/contracts/workflows';
import { newId } from '@heddle/platform/ids';
import { describeWith } from '@heddle/testing';
import { recordStep } from '../attempts/record-step.js';
import { BASE_COMMIT, schedulerFixture, type SchedulerFixture } from '../testing/scheduler-fixture.js';

await describeWith(['postgres'], 'batches and the steps of their attempts', ({ postgres }) => {
  let fixture: SchedulerFixture;
  let repositoryId: string;

  beforeAll(async () => {
    fixture = await schedulerFixture(postgres);
    repositoryId = (
      await fixture.repositories.create(CreateRepositoryRequest.fromPartial({ name: 'shop', url: '/srv/shop.git' }))
    ).id;
  });
  afterAll(() => fixture.close());

  const request = (more: object = {}): CreateBatchRequest =>
    CreateBatchRequest.fromPartial({
      repositoryId,
      tasks: [
        { prompt: 'Fix it\nplease', agent: { kind: 'COMMAND', command: ['true'] } },
        {
          prompt: 'Test it',
          attempts: 2,
          agent: { kind: 'COMMAND', command: ['true'] },
          checks: [{ name: 'unit', command: ['true'] }],
        },
      ],
      ...more,
    });

  const reasonOf = async (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => 'no error',
      (error: unknown) => (error as { reason?: string }).reason ?? String(error),
    );

  async function events(type: string): Promise<{ aggregate_id: string; version: string }[]> {
    return fixture.dataSource.query('SELECT aggregate_id, version FROM outbox WHERE type = $1 ORDER BY sequence', [
      type,
    ]);
  }

  it('keeps the forecast by which it was split, which must be of these tasks', async () => {
    const forecastId = newId();
    const foretell = (fields: Partial<Forecast>) => {
      fixture.forecast = (id) =>
        Promise.resolve(Forecast.fromPartial({ id, repositoryId, tasks: [{}, {}], ...fields }));
    };
    foretell({});
    const batch = await fixture.batches.create(request({ forecastId }));
    expect(batch.forecastId).toBe(forecastId);
    const listed = await fixture.batches.list({ pageSize: 10, pageToken: '', repositoryId: '', forecastId });
    expect(listed.batches.map(({ id }) => id)).toEqual([batch.id]);
    foretell({ tasks: [] });
    expect(await reasonOf(fixture.batches.create(request({ forecastId })))).toBe('FIELD_INVALID');
    foretell({ repositoryId: newId() });
    expect(await reasonOf(fixture.batches.create(request({ forecastId })))).toBe('FIELD_INVALID');
    expect(await reasonOf(fixture.batches.create(request({ forecastId: 'x' })))).toBe('FORECAST_NOT_FOUND');
  });

  it('makes rows and events of a batch at one frozen base', async () => {
    const batch = await fixture.batches.create(request());
    expect(batch).toMatchObject({
      baseCommit: BASE_COMMIT,
      ref: 'main',
      state: 'QUEUED',
      priority: 3,
      attemptCounts: { QUEUED: 3 },
    });
    expect(batch.tasks.map((task) => [task.title, task.attempts.length])).toEqual([
      ['Fix it', 1],
      ['Test it', 2],
    ]);
    const told = (await events('attempt.queued')).map((event) => event.aggregate_id);
    expect(told).toEqual(
      expect.arrayContaining(batch.tasks.flatMap((task) => task.attempts.map((attempt) => attempt.id))),
    );
  });

  it('makes one batch of 50 concurrent repeats, and refuses another body under the same id', async () => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => fixture.batches.create(request({ requestId: 'once' }))),
    );
    expect(new Set(answers.map((batch) => batch.id)).size).toBe(1);
    expect(await reasonOf(fixture.batches.create(request({ requestId: 'once', brief: 'other' })))).toBe(
      'REQUEST_ID_REUSED',
    );
  });

  it('keeps nothing of a batch that is refused', async () => {
    const count = async (): Promise<unknown> => fixture.dataSource.query('SELECT count(*) FROM batches');
    const before = await count();
    const noAgent = request({ requestId: 'refused', tasks: [{ prompt: 'x' }] });
    expect(await reasonOf(fixture.batches.create(noAgent))).toBe('FIELD_INVALID');
    expect(await count()).toEqual(before);
    // Only successes are remembered: the corrected request may use the id again.
    expect(await reasonOf(fixture.batches.create(request({ requestId: 'refused' })))).toBe('no error');
  });

  it('tells Temporal of every attempt, also of those that it missed while Temporal was away', async () => {
    await undispatched(0);
    fixture.temporalAway = true;
    const batch = await fixture.batches.create(request());
    const ids = batch.tasks.flatMap((task) => task.attempts.map((attempt) => `attempt/${attempt.id}`));
    await undispatched(3);
    fixture.temporalAway = false;
    fixture.dispatcher.poke();
    await undispatched(0);
    expect(fixture.told).toEqual(expect.arrayContaining(ids));
  });

  it('writes each step once: the first writer of a transition wins', async () => {
    const attemptId = await oneAttempt();
    const step = (more: Partial<AttemptStep>): AttemptStep => ({
      attemptId,
      transition: 1,
      state: 'PROVISIONING',
      statusDetail: '',
      ...more,
    });
    const [first, second] = await Promise.all([
      recordStep(fixture.dataSource, step({ runnerId: 'r1' })),
      recordStep(fixture.dataSource, step({ state: 'CANCELLED', statusDetail: 'CANCELLED_BY_USER' })),
    ]);
    expect(first.stored).toEqual(second.stored);
    expect(
      (await events(`attempt.${first.stored.state.toLowerCase()}`)).filter((event) => event.aggregate_id === attemptId),
    ).toHaveLength(1);
  });

  it('ends task and batch with the last of two attempts that end at the same moment', async () => {
    const batch = await fixture.batches.create(request());
    const attempts = batch.tasks.flatMap((task) => task.attempts.map((attempt) => attempt.id));
    await Promise.all(
      attempts.map(async (attemptId) => {
        await recordStep(fixture.dataSource, { attemptId, transition: 1, state: 'PROVISIONING', statusDetail: '' });
        await recordStep(fixture.dataSource, { attemptId, transition: 2, state: 'RUNNING', statusDetail: '' });
        await recordStep(fixture.dataSource, { attemptId, transition: 3, state: 'COMPLETED', statusDetail: '' });
      }),
    );
    const after = await fixture.batches.get(batch.id);
    expect(after).toMatchObject({ state: 'COMPLETED', attemptCounts: { COMPLETED: 3 }, revision: '2' });
    expect(after.endTime).toBeInstanceOf(Date);
    expect((await events('batch.completed')).filter((event) => event.aggregate_id === batch.id)).toHaveLength(1);
    expect(
      (await events('task.completed')).filter((event) => batch.tasks.some((task) => task.id === event.aggregate_id)),
    ).toHaveLength(2);
  });

  it('notes a cancel for the attempts that have not ended, and wakes their workflows', async () => {
    const batch = await fixture.batches.create(request());
    await undispatched(0);
    const ended = batch.tasks[0]?.attempts[0]?.id ?? '';
    await recordStep(fixture.dataSource, {
      attemptId: ended,
      transition: 1,
      state: 'FAILED',
      statusDetail: 'RUNNER_LOST',
    });
    fixture.told.length = 0;
    await fixture.batches.cancel(batch.id);
    await undispatched(0);
    const wanted = batch.tasks[1]?.attempts.map((attempt) => `attempt/${attempt.id}`) ?? [];
    expect(fixture.told.sort()).toEqual(wanted.sort());
  });

  it('gives pages, newest first, and no foreign page token', async () => {
    const filter = { repositoryId, forecastId: '' };
    const first = await fixture.batches.list({ pageSize: 2, pageToken: '', ...filter });
    const second = await fixture.batches.list({ pageSize: 2, pageToken: first.nextPageToken, ...filter });
    const ids = [...first.batches, ...second.batches].map((batch) => batch.id);
    expect(ids).toEqual([...ids].sort().reverse());
    expect(
      await reasonOf(
        fixture.batches.list({ pageSize: 2, pageToken: first.nextPageToken, repositoryId: '', forecastId: '' }),
      ),
    ).toBe('FIELD_INVALID');
  });

  it('says QUEUED in the first event of a task', async () => {
    const batch = await fixture.batches.create(request());
    const [row]: { payload: string }[] = await fixture.dataSource.query(
      `SELECT payload FROM outbox WHERE type = 'task.queued' AND aggregate_id = $1`,
      [batch.tasks[0]?.id],
    );
    expect(JSON.parse(row?.payload ?? '')).toMatchObject({
      data: { task: { state: 'QUEUED', attempts: [{ attemptNumber: 1, state: 'QUEUED' }] } },
    });
  });

  it('shows the agent on a task and on an attempt alone, not on each attempt within', async () => {
    const batch = await fixture.batches.create(request());
    const [task] = batch.tasks;
    expect(task?.agent).toMatchObject({ kind: 'COMMAND' });
    expect(task?.attempts[0]?.agent).toBeUndefined();
    expect(await fixture.attempts.get(task?.attempts[0]?.id ?? '')).toMatchObject({
      agent: { kind: 'COMMAND', command: ['true'] },
      environmentVersion: 1,
    });
  });

  it('refuses a batch that no answer could hold, though each part of it is small enough', async () => {
    const checks = [{ name: 'unit', command: ['bash', '-c', 'x'.repeat(100_000)] }];
    const environment = await fixture.environments.create(
      CreateEnvironmentRequest.fromPartial({ name: 'long', checks }),
    );
    const [task] = request().tasks;
    const tasks = (count: number) => Array.from({ length: count }, () => task);
    const ask = (count: number) =>
      reasonOf(fixture.batches.create(request({ environmentId: environment.id, tasks: tasks(count) })));
    expect(await ask(20)).toBe('no error');
    expect(await ask(40)).toBe('REQUEST_TOO_LARGE');
  });

  it('keeps the checks of a turn in their order', async () => {
    const attemptId = await oneAttempt();
    const check = (name: string): CheckOutcome => ({
      name,
      state: 'PASSED',
      durationMs: 1_500,
      treeId: '',
      environmentVersion: 1,
      advisory: false,
      statusDetail: '',
    });
    const checks = [check('unit'), check('lint')];
    await recordStep(fixture.dataSource, { attemptId, transition: 1, state: 'CHECKING', statusDetail: '', checks });
    expect((await fixture.attempts.checks(attemptId)).map(({ name, duration }) => [name, duration])).toEqual([
      ['unit', { seconds: '1', nanos: 500_000_000 }],
      ['lint', { seconds: '1', nanos: 500_000_000 }],
    ]);
  });

  async function oneAttempt(): Promise<string> {
    const batch = await fixture.batches.create(request());
    return batch.tasks[0]?.attempts[0]?.id ?? '';
  }

  async function undispatched(count: number): Promise<void> {
    for (;;) {
      const rows: unknown[] = await fixture.dataSource.query(
        'SELECT 1 FROM attempts WHERE dispatched_at IS NULL AND end_time IS NULL',
      );
      if (rows.length === count) return;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
});
