import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Runner_State } from '@heddle/contracts';
import { ReportRunnerRequest } from '@heddle/contracts/internal';
import { ChangeBell } from '@heddle/platform/waiting';
import { describeWith } from '@heddle/testing';
import { schedulerFixture, type SchedulerFixture } from '../testing/scheduler-fixture.js';
import { RunnerService } from './runner.service.js';

await describeWith(['postgres'], 'what is known of runners', ({ postgres }) => {
  let fixture: SchedulerFixture;
  let runners: RunnerService;

  beforeAll(async () => {
    fixture = await schedulerFixture(postgres);
    runners = new RunnerService(fixture.dataSource, new ChangeBell());
  });
  afterAll(() => fixture.close());

  const report = (runnerId: string, more: Partial<ReportRunnerRequest> = {}) =>
    runners.report({ ...ReportRunnerRequest.create(), runnerId, pool: 'p', slots: 4, ...more });
  const list = async (pageSize: number, pageToken = '') => runners.list({ pageSize, pageToken });

  it('nobody has reported yet: there is none', async () => {
    expect(await list(0)).toEqual({ runners: [], nextPageToken: '' });
    await expect(runners.get('a')).rejects.toMatchObject({ reason: 'RUNNER_NOT_FOUND' });
  });

  it('one that refuses work is shown with its reasons until it takes work again', async () => {
    await report('a', { state: 'REFUSING', failedProbes: ['the user is not root'] });
    expect(await runners.get('a')).toMatchObject({
      state: Runner_State.REFUSING,
      failedProbes: ['the user is not root'],
    });
    await report('a', { state: 'ACTIVE', fileSystem: 'OVERLAY', missing: ['CPU limit'], used: 2 });
    expect(await runners.get('a')).toMatchObject({
      state: Runner_State.ACTIVE,
      failedProbes: [],
      fileSystem: 'OVERLAY',
      missing: ['CPU limit'],
      used: 2,
    });
  });

  it('one that was not heard of for a minute is lost, whatever it said last', async () => {
    await report('b', { state: 'REFUSING' });
    await fixture.dataSource.query(`UPDATE runners SET last_seen = now() - interval '61 seconds' WHERE id = 'b'`);
    expect((await runners.get('b')).state).toBe(Runner_State.LOST);
    await report('b', { state: 'DRAINING' });
    expect((await runners.get('b')).state).toBe(Runner_State.DRAINING);
  });

  it('pages hold each of them once, also when one reports between them', async () => {
    await report('c');
    const first = await list(2);
    await report('a');
    const second = await list(2, first.nextPageToken);
    expect([...first.runners, ...second.runners].map(({ id }) => id)).toEqual(['a', 'b', 'c']);
    expect(second.nextPageToken).toBe('');
  });
});
