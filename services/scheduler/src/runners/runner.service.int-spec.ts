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

  it('one that is to drain is told so by every answer until it is undrained, whatever it says itself', async () => {
    await expect(runners.drain('nobody', true)).rejects.toMatchObject({ reason: 'RUNNER_NOT_FOUND' });
    expect((await report('d')).drain).toBe(false);
    const { state, drainTime } = await runners.drain('d', true);
    // A wish: it is not so before the runner says it.
    expect(state).toBe(Runner_State.ACTIVE);
    expect((await runners.drain('d', true)).drainTime).toEqual(drainTime);
    expect((await report('d')).drain).toBe(true);
    expect((await report('d', { state: 'DRAINING' })).drain).toBe(true);
    expect(await runners.get('d')).toMatchObject({ state: Runner_State.DRAINING, drainTime });
    expect((await report('a')).drain).toBe(false);
    // The row is all there is of it: another scheduler says the same.
    const restarted = new RunnerService(fixture.dataSource, new ChangeBell());
    expect((await restarted.report({ ...ReportRunnerRequest.create(), runnerId: 'd', pool: 'p' })).drain).toBe(true);
    expect(await runners.drain('d', false)).toMatchObject({ drainTime: undefined });
    expect((await report('d')).drain).toBe(false);
    await fixture.dataSource.query(`DELETE FROM runners WHERE id = 'd'`);
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
