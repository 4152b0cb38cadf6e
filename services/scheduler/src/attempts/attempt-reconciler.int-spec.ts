import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { CreateBatchRequest, CreateRepositoryRequest } from '@heddle/contracts';
import { SandboxOwner_Kind } from '@heddle/contracts/internal';
import { describeWith } from '@heddle/testing';
import { schedulerFixture, type SchedulerFixture } from '../testing/scheduler-fixture.js';

await describeWith(['postgres'], 'reconciling attempts with workflows', ({ postgres }) => {
  let fixture: SchedulerFixture;
  let attemptId: string;

  beforeEach(async () => {
    fixture = await schedulerFixture(postgres);
    const { id: repositoryId } = await fixture.repositories.create(
      CreateRepositoryRequest.fromPartial({ name: 'shop', url: '/srv/shop.git' }),
    );
    const tasks = [{ prompt: 'Fix it', agent: { kind: 'COMMAND', command: ['true'] } }];
    const batch = await fixture.batches.create(CreateBatchRequest.fromPartial({ repositoryId, tasks }));
    attemptId = batch.tasks[0]?.attempts[0]?.id ?? '';
    await told(1);
    await fixture.dataSource.query(
      `UPDATE attempts SET dispatched_at = now() - interval '1 minute', state_since = now() - interval '1 minute'`,
    );
  });
  afterEach(() => fixture.close());

  async function told(times: number): Promise<void> {
    const untold = () => fixture.dataSource.query<unknown[]>('SELECT 1 FROM attempts WHERE dispatched_at IS NULL');
    while (fixture.told.length < times || (await untold()).length > 0)
      await new Promise((resolve) => setImmediate(resolve));
  }

  async function look(): Promise<void> {
    fixture.reconciler.look();
    await fixture.reconciler.beforeApplicationShutdown();
  }

  it('ends an attempt whose workflow an operator terminated, and starts no other one', async () => {
    fixture.describe = () => Promise.resolve({ status: { name: 'TERMINATED' } });
    await look();
    expect(await fixture.attempts.get(attemptId)).toMatchObject({
      state: 'FAILED',
      statusDetail: 'TERMINATED_BY_OPERATOR',
      stateInfo: { cause: 'POLICY' },
    });
    expect(fixture.told).toHaveLength(1);
    const owner = { kind: SandboxOwner_Kind.ATTEMPT, id: attemptId, fence: '0' };
    await expect(fixture.specs.get({ owner })).rejects.toMatchObject({ reason: 'FENCE_SUPERSEDED' });
  });

  it('starts a workflow for an attempt of which Temporal knows nothing', async () => {
    fixture.describe = () => Promise.reject(Object.assign(new Error('gone'), { name: 'WorkflowNotFoundError' }));
    await look();
    await told(2);
    expect(fixture.told).toEqual([`attempt/${attemptId}`, `attempt/${attemptId}`]);
  });

  it('looks once at a time', async () => {
    const asked: string[] = [];
    let answer: (() => void) | undefined;
    fixture.describe = async (id) => {
      asked.push(id);
      await new Promise<void>((resolve) => (answer = resolve));
      return { status: { name: 'RUNNING' } };
    };
    fixture.reconciler.look();
    fixture.reconciler.look();
    while (answer === undefined) await new Promise((resolve) => setImmediate(resolve));
    fixture.reconciler.look();
    answer();
    await fixture.reconciler.beforeApplicationShutdown();
    expect(asked).toHaveLength(1);
  });
});
