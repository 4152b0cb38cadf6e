import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { CreateRepositoryRequest } from '@heddle/contracts';
import { describeWith } from '@heddle/testing';
import { schedulerFixture, type SchedulerFixture } from '../testing/scheduler-fixture.js';

await describeWith(['postgres'], 'registering a repository', ({ postgres }) => {
  let fixture: SchedulerFixture;

  beforeAll(async () => {
    fixture = await schedulerFixture(postgres);
  });
  afterAll(() => fixture.close());

  it('fetches into one store, however often the request is repeated before it is answered', async () => {
    const fetched: string[] = [];
    const create = (more: object = {}) =>
      fixture.repositories.create(
        CreateRepositoryRequest.fromPartial({ requestId: 'r', name: 'shop', url: '/srv/shop.git', ...more }),
      );
    fixture.onSync = (id) => {
      fetched.push(id);
      return Promise.reject(new Error('cut'));
    };
    await expect(create()).rejects.toThrow('cut');
    await expect(create({ url: '/srv/other.git' })).rejects.toThrow('cut');
    fixture.onSync = (id) => {
      fetched.push(id);
      return Promise.resolve();
    };
    const answers = await Promise.all([create(), create()]);
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
    const [first, other, ...rest] = fetched;
    expect(other).not.toBe(first);
    expect(new Set(rest)).toEqual(new Set([first]));
    expect(answers[0].id).toBe(first);
  });
});
