import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { CreateBatchRequest, CreateRepositoryRequest } from '@heddle/contracts';
import { SandboxOwner_Kind } from '@heddle/contracts/internal';
import { ChangeBell } from '@heddle/platform/waiting';
import { describeWith } from '@heddle/testing';
import { schedulerFixture, type SchedulerFixture } from '../testing/scheduler-fixture.js';
import { AttemptService } from './attempt.service.js';
import { recordStep } from './record-step.js';
import { SandboxSpecService } from './sandbox-spec.service.js';

await describeWith(['postgres'], 'what a runner may know of an attempt', ({ postgres }) => {
  let fixture: SchedulerFixture;

  beforeAll(async () => {
    fixture = await schedulerFixture(postgres);
  });
  afterAll(() => fixture.close());

  it('is told after its end too, with the end', async () => {
    const { dataSource, dispatcher, repositories, batches } = fixture;
    const repository = CreateRepositoryRequest.fromPartial({ name: 'shop', url: '/srv/shop.git' });
    const { id: repositoryId } = await repositories.create(repository);
    const tasks = [{ prompt: 'Fix it', agent: { kind: 'COMMAND', command: ['true'] } }];
    const batch = await batches.create(CreateBatchRequest.fromPartial({ repositoryId, tasks }));
    const attemptId = batch.tasks[0]?.attempts[0]?.id ?? '';
    const specs = new SandboxSpecService(dataSource, new AttemptService(dataSource, dispatcher, new ChangeBell()));
    const owner = { kind: SandboxOwner_Kind.ATTEMPT, id: attemptId, fence: '0' };
    expect(await specs.get({ owner })).toMatchObject({ title: 'Fix it', ended: false });
    await recordStep(dataSource, { attemptId, transition: 1, state: 'FAILED', statusDetail: 'RUNNER_LOST' });
    expect(await specs.get({ owner })).toMatchObject({ title: 'Fix it', ended: true });
  });
});
