import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { CreateBatchRequest, CreateRepositoryRequest, type Attempt } from '@heddle/contracts';
import { ReportRunnerRequest } from '@heddle/contracts/internal';
import { createLogger } from '@heddle/platform/logging';
import { ChangeBell } from '@heddle/platform/waiting';
import { describeWith } from '@heddle/testing';
import { schedulerFixture, type SchedulerFixture } from '../testing/scheduler-fixture.js';
import { RunnerService } from './runner.service.js';
import { SlotWatch } from './slot-watch.js';

await describeWith(['postgres'], 'attempts that wait for a slot', ({ postgres }) => {
  let fixture: SchedulerFixture;
  let runners: RunnerService;
  let watch: SlotWatch;
  let attemptId: string;

  beforeAll(async () => {
    fixture = await schedulerFixture(postgres);
    runners = new RunnerService(fixture.dataSource, new ChangeBell());
    watch = new SlotWatch(fixture.dataSource, new ChangeBell(), createLogger('test', 'silent'));
    const { id: repositoryId } = await fixture.repositories.create(
      CreateRepositoryRequest.fromPartial({ name: 'shop', url: '/srv/shop.git' }),
    );
    const tasks = [{ prompt: 'x', agent: { kind: 'COMMAND', command: ['true'] } }];
    const batch = await fixture.batches.create(CreateBatchRequest.fromPartial({ repositoryId, tasks }));
    attemptId = batch.tasks[0]?.attempts[0]?.id ?? '';
  });
  afterAll(() => fixture.close());

  const report = (more: Partial<ReportRunnerRequest>) =>
    runners.report({ ...ReportRunnerRequest.create(), runnerId: 'a', pool: 'p', slots: 4, ...more });

  async function looked(): Promise<Attempt> {
    await watch.look();
    return fixture.attempts.get(attemptId);
  }

  it('say nothing before they were handed out, nor in their first moments', async () => {
    expect(await looked()).toMatchObject({ state: 'QUEUED', statusDetail: '' });
    await fixture.dataSource.query('UPDATE attempts SET dispatched_at = now()');
    expect(await looked()).toMatchObject({ statusDetail: '' });
  });

  it('say why there is none, and each change of that once', async () => {
    await fixture.dataSource.query(`UPDATE attempts SET state_since = now() - interval '1 minute'`);
    const said = async (words: string): Promise<void> => {
      const attempt = await looked();
      expect(attempt).toMatchObject({
        statusDetail: 'NO_FREE_SLOT',
        stateInfo: { cause: 'CAPACITY', message: expect.stringContaining(words) },
      });
      expect((await looked()).revision).toBe(attempt.revision);
    };
    await said('No runner has come yet');
    await report({ used: 4 });
    await said('All 4 slots of the runners are taken');
    await report({ state: 'DRAINING' });
    await said('No runner takes work');
    await fixture.dataSource.query(`UPDATE runners SET last_seen = now() - interval '2 minutes'`);
    await said('No runner is heard of');
  });

  it('say it no more once they begin', async () => {
    await report({ state: 'ACTIVE', used: 1 });
    const { revision } = await fixture.attempts.get(attemptId);
    expect(await looked()).toMatchObject({ revision });
    await fixture.activities.beginAttempt(attemptId);
    await fixture.activities.recordStep({ attemptId, transition: 1, state: 'PROVISIONING', statusDetail: '' });
    expect(await looked()).toMatchObject({ state: 'PROVISIONING', statusDetail: '', stateInfo: undefined });
  });
});
