import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { CreateBatchRequest, CreateRepositoryRequest } from '@heddle/contracts';
import { describeWith } from '@heddle/testing';
import { schedulerFixture, type SchedulerFixture } from '../testing/scheduler-fixture.js';

await describeWith(['postgres'], 'holding attempts while reviewers have too much to do', ({ postgres }) => {
  let fixture: SchedulerFixture;
  let repositoryId: string;

  beforeEach(async () => {
    fixture = await schedulerFixture(postgres);
    repositoryId = (
      await fixture.repositories.create(CreateRepositoryRequest.fromPartial({ name: 'shop', url: '/srv/shop.git' }))
    ).id;
    // Nothing is told: what would be is asked of the dispatcher's own query.
    await fixture.dispatcher.beforeApplicationShutdown();
  });
  afterEach(() => fixture.close());

  /** Ids of a new task's attempts, the first one first. */
  async function attemptsOf(attempts: number): Promise<string[]> {
    const tasks = [{ prompt: 'Fix it', agent: { kind: 'COMMAND', command: ['true'] }, attempts }];
    const batch = await fixture.batches.create(CreateBatchRequest.fromPartial({ repositoryId, tasks }));
    return batch.tasks.flatMap((task) => task.attempts).map(({ id }) => id);
  }

  const details = async (ids: readonly string[]): Promise<string[]> =>
    Promise.all(ids.map(async (id) => (await fixture.attempts.get(id)).statusDetail));

  /** Those that would be told of now. */
  async function next(): Promise<string[]> {
    const rows = await (fixture.dispatcher as unknown as { next(limit: number): Promise<{ id: string }[]> }).next(50);
    return rows.map(({ id }) => id).sort();
  }

  const over = () => Promise.resolve({ backlogs: [{ repositoryId, queuedMinutes: 130, limitMinutes: 120 }] });
  const under = () => Promise.resolve({ backlogs: [] });

  it('holds all but the first attempt of a task, says why, and lets them go when it is less', async () => {
    const ids = await attemptsOf(3);
    const [first = '', ...others] = ids;
    fixture.backlogs = over;
    await fixture.backlog().admit();
    expect(await details(ids)).toEqual(['', 'REVIEW_BACKLOG', 'REVIEW_BACKLOG']);
    const held = await fixture.attempts.get(others[0] ?? '');
    expect(held).toMatchObject({
      state: 'QUEUED',
      stateInfo: {
        cause: 'POLICY',
        message: expect.stringContaining(
          "130 minutes of changes wait for reviewers, and the repository's limit is 120",
        ),
      },
    });
    expect(await next()).toEqual([first]);
    fixture.backlogs = under;
    await fixture.backlog().admit();
    expect(await details(ids)).toEqual(['', '', '']);
    expect(await next()).toEqual([...ids].sort());
  });

  it('holds nothing of other repositories, and nothing where there is no limit', async () => {
    const ids = await attemptsOf(2);
    fixture.backlogs = () =>
      Promise.resolve({
        backlogs: [{ repositoryId: '01890000-0000-7000-8000-000000000000', queuedMinutes: 9, limitMinutes: 1 }],
      });
    await fixture.backlog().admit();
    expect(await details(ids)).toEqual(['', '']);
  });

  it('lets an attempt go that its task can not do without any more, and never holds a stop', async () => {
    const [first = '', second = '', third = ''] = await attemptsOf(3);
    fixture.backlogs = over;
    await fixture.backlog().admit();
    await fixture.dataSource.query(`UPDATE attempts SET state = 'FAILED', end_time = now() WHERE id = $1`, [first]);
    await fixture.attempts.cancel(third);
    await fixture.backlog().admit();
    expect(await details([second, third])).toEqual(['', 'REVIEW_BACKLOG']);
    expect(await next()).toEqual([second, third].sort());
  });

  it('keeps what it held while review is away, and holds nothing that has begun', async () => {
    const held = await attemptsOf(2);
    fixture.backlogs = over;
    await fixture.backlog().admit();
    const begun = await attemptsOf(2);
    await fixture.dataSource.query('UPDATE attempts SET fence = 1, dispatched_at = now() WHERE id = $1', [begun[1]]);
    fixture.backlogs = () => Promise.reject(new Error('away'));
    await fixture.backlog().admit();
    expect(await details(held)).toEqual(['', 'REVIEW_BACKLOG']);
    expect(await next()).not.toContain(held[1]);
    fixture.backlogs = over;
    await fixture.backlog().admit();
    expect(await details([...held, ...begun])).toEqual(['', 'REVIEW_BACKLOG', '', '']);
  });
});
