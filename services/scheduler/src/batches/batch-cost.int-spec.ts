import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { CreateBatchRequest, CreateRepositoryRequest, type Batch } from '@heddle/contracts';
import type { AttemptStep } from '@heddle/contracts/workflows';
import { describeWith } from '@heddle/testing';
import { recordStep } from '../attempts/record-step.js';
import { schedulerFixture, type SchedulerFixture } from '../testing/scheduler-fixture.js';

await describeWith(['postgres'], 'what batches and steps cost the database', ({ postgres }) => {
  let fixture: SchedulerFixture;
  let repositoryId: string;

  beforeAll(async () => {
    fixture = await schedulerFixture(postgres);
    // What it does in the background would be counted too.
    await fixture.dispatcher.beforeApplicationShutdown();
    repositoryId = (
      await fixture.repositories.create(CreateRepositoryRequest.fromPartial({ name: 'shop', url: '/srv/shop.git' }))
    ).id;
  });
  afterAll(() => fixture.close());

  function batchOf(tasks: number, attempts: number): Promise<Batch> {
    const task = { prompt: 'Fix it', attempts, agent: { kind: 'COMMAND', command: ['true'] } };
    return fixture.batches.create(
      CreateBatchRequest.fromPartial({ repositoryId, tasks: Array.from({ length: tasks }, () => task) }),
    );
  }

  async function statements(work: () => Promise<unknown>): Promise<number> {
    const told = jest.spyOn(fixture.dataSource.logger, 'logQuery');
    try {
      await work();
      return told.mock.calls.length;
    } finally {
      told.mockRestore();
    }
  }

  it('is a handful of statements for the largest batch', async () => {
    let batch: Batch | undefined;
    expect(await statements(async () => (batch = await batchOf(200, 16)))).toBeLessThan(20);
    expect(batch?.attemptCounts).toEqual({ QUEUED: 3_200 });
  });

  it('is six statements for a step, which moves its attempt only until that ends', async () => {
    const batch = await batchOf(1, 1);
    const [task] = batch.tasks;
    const attemptId = task?.attempts[0]?.id ?? '';
    const step = async (transition: number, state: AttemptStep['state']): Promise<readonly string[]> =>
      (await recordStep(fixture.dataSource, { attemptId, transition, state, statusDetail: '' })).moved;
    let moved: readonly string[] = [];
    expect(await statements(async () => (moved = await step(1, 'PROVISIONING')))).toBeLessThanOrEqual(6);
    expect(moved).toEqual([attemptId]);
    expect(await step(2, 'COMPLETED')).toEqual([attemptId, task?.id, batch.id]);
  });

  it('is one statement for each look of a wait, and all of the batch at its end', async () => {
    const batch = await batchOf(2, 2);
    const waiting = fixture.batches.wait(batch.id, { seconds: '60', nanos: 0 });
    const end = { transition: 1, state: 'COMPLETED', statusDetail: '' } as const;
    for (const task of batch.tasks) {
      for (const { id } of task.attempts) await fixture.activities.recordStep({ attemptId: id, ...end });
    }
    expect(await waiting).toMatchObject({ state: 'COMPLETED', attemptCounts: { COMPLETED: 4 } });
    const lasting = await batchOf(2, 2);
    const read = await statements(() => fixture.batches.get(lasting.id));
    const lookAndRead = await statements(() => fixture.batches.wait(lasting.id, { seconds: '0', nanos: 0 }));
    expect(lookAndRead).toBe(1 + read);
  });
});
