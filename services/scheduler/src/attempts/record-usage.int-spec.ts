import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  CreateBatchRequest,
  CreateEnvironmentRequest,
  CreateRepositoryRequest,
  ListAttemptsRequest,
  SandboxUsage,
} from '@heddle/contracts';
import { newId } from '@heddle/platform/ids';
import { describeWith } from '@heddle/testing';
import { schedulerFixture, type SchedulerFixture } from '../testing/scheduler-fixture.js';
import { recordUsage } from './record-usage.js';

await describeWith(['postgres'], 'what attempts use', ({ postgres }) => {
  let fixture: SchedulerFixture;
  let attemptId: string;

  beforeAll(async () => {
    fixture = await schedulerFixture(postgres);
    const { id: repositoryId } = await fixture.repositories.create(
      CreateRepositoryRequest.fromPartial({ name: 'shop', url: '/srv/shop.git' }),
    );
    const { id: environmentId } = await fixture.environments.create(
      CreateEnvironmentRequest.fromPartial({ name: 'e' }),
    );
    const tasks = [{ prompt: 'Fix it', agent: { kind: 'COMMAND', command: ['true'] } }];
    const batch = await fixture.batches.create(
      CreateBatchRequest.fromPartial({ repositoryId, environmentId, tasks, priority: 1 }),
    );
    attemptId = batch.tasks[0]?.attempts[0]?.id ?? '';
    await fixture.activities.beginAttempt(attemptId);
    await fixture.activities.recordStep({ attemptId, transition: 1, state: 'RUNNING', statusDetail: '' });
  });
  afterAll(() => fixture.close());

  const report = (fence: number, usage: Partial<SandboxUsage>, activitySummary = ''): Promise<string[]> =>
    recordUsage(fixture.dataSource, [
      { attemptId, fence: String(fence), usage: SandboxUsage.fromPartial(usage), runs: [], activitySummary },
    ]);
  const shown = async (): Promise<SandboxUsage | undefined> => (await fixture.attempts.get(attemptId)).usage;
  const events = async (): Promise<number> => {
    const [row]: [{ count: string }] = await fixture.dataSource.query(
      `SELECT count(*) FROM outbox WHERE type = 'attempt.usage_sampled' AND aggregate_id = $1`,
      [attemptId],
    );
    return Number(row.count);
  };

  it('is told once, however often it is reported', async () => {
    expect(await report(1, { peakMemoryBytes: '1000', peakProcesses: 3 })).toEqual([attemptId]);
    expect(await report(1, { peakMemoryBytes: '1000', peakProcesses: 3 })).toEqual([]);
    expect(await report(1, { peakMemoryBytes: '500', peakDiskBytes: '7' })).toEqual([attemptId]);
    expect(await shown()).toMatchObject({ peakMemoryBytes: '1000', peakProcesses: 3, peakDiskBytes: '7' });
    expect(await events()).toBe(2);
  });

  it('is said by the newest claim alone, which begins anew', async () => {
    await fixture.activities.raiseFence(attemptId);
    expect(await shown()).toBeUndefined();
    expect(await report(1, { peakMemoryBytes: '9000' })).toEqual([]);
    expect(await report(2, { peakMemoryBytes: '2000' })).toEqual([attemptId]);
    expect(await shown()).toMatchObject({ peakMemoryBytes: '2000' });
  });

  it('comes with what the agent is doing now, as long as it runs', async () => {
    const doing = async (): Promise<unknown> => {
      const { activitySummary, taskId } = await fixture.attempts.get(attemptId);
      const [inList] = (await fixture.attempts.list(ListAttemptsRequest.fromPartial({ taskId }))).attempts;
      expect(inList?.activitySummary).toBe(activitySummary);
      return activitySummary;
    };
    expect(await report(2, {}, 'runs make')).toEqual([attemptId]);
    expect(await report(2, {}, 'runs make')).toEqual([]);
    expect(await report(1, {}, 'says: of a claim that was lost')).toEqual([]);
    expect(await doing()).toBe('runs make');
    await fixture.activities.recordStep({ attemptId, transition: 2, state: 'CHECKING', statusDetail: '' });
    expect(await report(2, {}, 'runs make')).toEqual([]);
    expect(await doing()).toBe('');
    const rows: { type: string }[] = await fixture.dataSource.query(
      `SELECT type FROM outbox WHERE type = 'attempt.activity_changed' AND aggregate_id = $1`,
      [attemptId],
    );
    expect(rows).toHaveLength(1);
  });

  it('is in the end what its turn says', async () => {
    const usage = { peakMemoryBytes: 3000, cpuMs: 1_500, outputBytes: 8, wallMs: 2_000, sampledAt: 1 };
    const turn = { outcome: 'EXITED', exitCode: 137, outputTruncated: false, limits: ['MEMORY_LIMIT'], usage } as const;
    const end = { attemptId, transition: 3, state: 'FAILED', statusDetail: 'MEMORY_LIMIT', turn } as const;
    await fixture.activities.recordStep(end);
    expect(await shown()).toMatchObject({ peakMemoryBytes: '3000', outputBytes: '8' });
    expect(await report(2, { peakMemoryBytes: '90000' })).toEqual([]);
  });

  it('of nobody that there is', async () => {
    const usage = SandboxUsage.fromPartial({ peakProcesses: 1 });
    const samples = ['no id at all', newId()].map((id) => ({
      attemptId: id,
      fence: '1',
      usage,
      runs: [],
      activitySummary: '',
    }));
    expect(await recordUsage(fixture.dataSource, samples)).toEqual([]);
  });
});
