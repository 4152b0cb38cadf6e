import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { CreateBatchRequest, CreateRepositoryRequest } from '@heddle/contracts';
import { newId } from '@heddle/platform/ids';
import { createLogger } from '@heddle/platform/logging';
import { describeWith } from '@heddle/testing';
import { AttemptEntity } from '../persistence/attempt.entity.js';
import { schedulerFixture, type SchedulerFixture } from '../testing/scheduler-fixture.js';
import { ReviewFactsConsumer } from './review-facts.consumer.js';

await describeWith(['postgres'], "review's facts on an attempt", ({ postgres }) => {
  let fixture: SchedulerFixture;
  let consumer: ReviewFactsConsumer;
  let attemptId: string;

  beforeAll(async () => {
    fixture = await schedulerFixture(postgres);
    consumer = new ReviewFactsConsumer(fixture.dataSource, undefined as never, createLogger('test', 'silent'));
    const { id: repositoryId } = await fixture.repositories.create(
      CreateRepositoryRequest.fromPartial({ name: 'shop', url: '/srv/shop.git' }),
    );
    const tasks = [{ prompt: 'Fix it', agent: { kind: 'COMMAND', command: ['true'] } }];
    const batch = await fixture.batches.create(CreateBatchRequest.fromPartial({ repositoryId, tasks }));
    attemptId = batch.tasks[0]?.attempts[0]?.id ?? '';
  });
  afterAll(() => fixture.close());

  it('are of the newest landing, whenever the events of an earlier one come', async () => {
    const [first, second] = [newId(), newId()];
    const hear = (id: string, revision: string, state: string) =>
      consumer.take({ revision, data: { landing: { id, attemptId, state } } });
    await hear(first, '1', 'QUEUED');
    await hear(second, '1', 'QUEUED');
    await hear(first, '2', 'EJECTED');
    expect(await fixture.attempts.get(attemptId)).toMatchObject({ landingState: 'QUEUED', revision: '3' });
    await hear(second, '3', 'LANDED');
    await hear(second, '2', 'TESTING');
    expect(await fixture.attempts.get(attemptId)).toMatchObject({ landingState: 'LANDED', revision: '4' });
  });

  it('are of what landed, not of the landing that takes it back, and say that it was taken back', async () => {
    const { landingId } = await fixture.dataSource.manager.findOneByOrFail(AttemptEntity, { id: attemptId });
    const back = newId();
    const revert = { id: back, attemptId, state: 'LANDED', revertsLandingId: landingId };
    await consumer.take({ revision: '1', data: { landing: { ...revert, state: 'QUEUED' } } });
    expect(await fixture.attempts.get(attemptId)).toMatchObject({ landingState: 'LANDED' });
    await consumer.take({ revision: '4', data: { landing: revert } });
    const landed = { id: landingId, attemptId, state: 'LANDED', revertedByLandingId: back };
    await consumer.take({ revision: '9', data: { landing: landed } });
    expect(await fixture.attempts.get(attemptId)).toMatchObject({ landingState: 'LANDED', revertedByLandingId: back });
  });

  it('of its change come with the id', async () => {
    const change = { id: newId(), attemptId, reviewState: 'APPROVED' };
    await consumer.take({ revision: '1', data: { change } });
    await consumer.take({ revision: '1', data: { change: { ...change, reviewState: 'REJECTED' } } });
    expect(await fixture.attempts.get(attemptId)).toMatchObject({ changeId: change.id, reviewState: 'APPROVED' });
  });
});
