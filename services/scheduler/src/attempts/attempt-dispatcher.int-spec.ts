import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { CreateBatchRequest, CreateRepositoryRequest } from '@heddle/contracts';
import { describeWith } from '@heddle/testing';
import { schedulerFixture, type SchedulerFixture } from '../testing/scheduler-fixture.js';

await describeWith(['postgres'], 'telling Temporal of attempts', ({ postgres }) => {
  let fixture: SchedulerFixture;
  let repositoryId: string;

  beforeEach(async () => {
    fixture = await schedulerFixture(postgres);
    fixture.temporalAway = true;
    repositoryId = (
      await fixture.repositories.create(CreateRepositoryRequest.fromPartial({ name: 'shop', url: '/srv/shop.git' }))
    ).id;
  });
  afterEach(() => fixture.close());

  /** Workflow ids of a new batch's attempts. */
  async function batchOf(tasks: number, priority = 3): Promise<{ id: string; workflows: string[] }> {
    const task = { prompt: 'Fix it', agent: { kind: 'COMMAND', command: ['true'] } };
    const request = { repositoryId, priority, tasks: Array.from({ length: tasks }, () => task) };
    const batch = await fixture.batches.create(CreateBatchRequest.fromPartial(request));
    const attempts = batch.tasks.flatMap((one) => one.attempts);
    return { id: batch.id, workflows: attempts.map(({ id }) => `attempt/${id}`) };
  }

  async function allTold(dispatcher = fixture.dispatcher): Promise<void> {
    fixture.temporalAway = false;
    for (;;) {
      dispatcher.poke();
      const rows: unknown[] = await fixture.dataSource.query(
        'SELECT 1 FROM attempts WHERE dispatched_at IS NULL AND end_time IS NULL',
      );
      if (rows.length === 0) return;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  it('begins with the urgent ones, whatever waits before them', async () => {
    await batchOf(40);
    const urgent = await batchOf(2, 1);
    await allTold();
    expect(fixture.told.slice(0, 2).sort()).toEqual(urgent.workflows.sort());
    expect(fixture.told).toHaveLength(42);
  });

  it('takes one of each batch in turn', async () => {
    await batchOf(40);
    const small = await batchOf(1);
    await allTold();
    expect(fixture.told.indexOf(small.workflows[0] ?? '')).toBeLessThan(2);
  });

  it('tells of what comes in the middle of a backlog with the next few', async () => {
    await batchOf(40);
    let urgent: string[] = [];
    fixture.onTold = async () => {
      fixture.onTold = () => Promise.resolve();
      urgent = (await batchOf(1, 1)).workflows;
    };
    await allTold();
    expect(fixture.told.indexOf(urgent[0] ?? '')).toBe(16);
  });

  it('tells the others of a task that stops early, also where the scheduler died before it could', async () => {
    const check = { name: 'unit', command: ['true'] };
    const task = { prompt: 'Fix it', agent: { kind: 'COMMAND', command: ['true'] }, checks: [check] };
    const tasks = [{ ...task, attempts: 3, earlyStop: true }];
    const batch = await fixture.batches.create(CreateBatchRequest.fromPartial({ repositoryId, tasks }));
    const [winner = '', ...others] = batch.tasks[0]?.attempts.map(({ id }) => id) ?? [];
    await allTold();
    // What was to be told is known to the rows alone.
    await fixture.dispatcher.beforeApplicationShutdown();
    const passed = { name: 'unit', state: 'PASSED', durationMs: 1, treeId: '', environmentVersion: 1 } as const;
    await fixture.activities.recordStep({
      ...{ attemptId: winner, transition: 1, state: 'COMPLETED', statusDetail: '' },
      checks: [{ ...passed, advisory: false, statusDetail: '' }],
    });
    expect(fixture.told).toHaveLength(3);
    const dispatcher = fixture.anotherDispatcher();
    await allTold(dispatcher);
    await dispatcher.beforeApplicationShutdown();
    expect(fixture.told.slice(3).sort()).toEqual(others.map((id) => `attempt/${id}`).sort());
    for (const id of others) expect(await fixture.activities.readIntent(id)).toMatchObject({ stop: 'SIBLING_PASSED' });
  });

  it('tells again of an attempt that was stopped while it was told', async () => {
    const batch = await batchOf(3);
    fixture.onTold = async () => {
      fixture.onTold = () => Promise.resolve();
      await fixture.batches.cancel(batch.id);
    };
    await allTold();
    expect(fixture.told.slice(3).sort()).toEqual(batch.workflows.sort());
  });
});
