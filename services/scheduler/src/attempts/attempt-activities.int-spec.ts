import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { CreateBatchRequest, CreateEnvironmentRequest, CreateRepositoryRequest } from '@heddle/contracts';
import { SandboxOwner_Kind } from '@heddle/contracts/internal';
import { newId } from '@heddle/platform/ids';
import { describeWith } from '@heddle/testing';
import { schedulerFixture, type SchedulerFixture } from '../testing/scheduler-fixture.js';

await describeWith(['postgres'], 'what a workflow and a runner are told of an attempt', ({ postgres }) => {
  let fixture: SchedulerFixture;
  let batchId: string;
  let attemptId: string;

  beforeAll(async () => {
    fixture = await schedulerFixture(postgres);
    const { id: repositoryId } = await fixture.repositories.create(
      CreateRepositoryRequest.fromPartial({ name: 'shop', url: '/srv/shop.git' }),
    );
    const { id: environmentId } = await fixture.environments.create(
      CreateEnvironmentRequest.fromPartial({
        name: 'node',
        variables: { CI: '1' },
        limits: { duration: { seconds: '90', nanos: 0 } },
        checks: [{ name: 'unit', command: ['npm', 'test'] }],
      }),
    );
    const tasks = [{ prompt: 'Fix it', agent: { kind: 'COMMAND', command: ['true'] } }];
    const request = { repositoryId, environmentId, tasks, brief: 'We sell shoes.', priority: 1 };
    const batch = await fixture.batches.create(CreateBatchRequest.fromPartial(request));
    batchId = batch.id;
    attemptId = batch.tasks[0]?.attempts[0]?.id ?? '';
  });
  afterAll(() => fixture.close());

  it('is its plan, by its batch and its environment', async () => {
    expect(await fixture.activities.beginAttempt(attemptId)).toEqual({
      kind: 'WORK',
      plan: {
        attemptId,
        pool: 'default',
        priority: 2,
        fairnessKey: batchId,
        fairnessWeight: 1,
        timeLimitMs: 90_000,
        heartbeatTimeoutMs: 5_000,
        hasChecks: true,
        mode: 'CODE',
        turn: 1,
        transition: 0,
        restartCount: 0,
      },
      claim: { fence: 1 },
    });
    expect(await fixture.activities.beginAttempt(newId())).toEqual({ kind: 'NOTHING_TO_DO' });
  });

  it('is the recipe of its sandbox, for the newest fence', async () => {
    const { fence } = await fixture.activities.raiseFence(attemptId);
    const owner = { kind: SandboxOwner_Kind.ATTEMPT, id: attemptId, fence: String(fence) };
    expect(await fixture.specs.get({ owner })).toMatchObject({
      prompt: 'We sell shoes.\n\nFix it\n',
      variables: { CI: '1' },
      limits: { duration: { seconds: '90' } },
      checks: [{ name: 'unit' }],
      environmentVersion: 1,
      batchId,
    });
  });

  it('is nothing once it has ended', async () => {
    await fixture.activities.recordStep({ attemptId, transition: 1, state: 'FAILED', statusDetail: 'RUNNER_LOST' });
    expect(await fixture.activities.beginAttempt(attemptId)).toEqual({ kind: 'NOTHING_TO_DO' });
  });
});
