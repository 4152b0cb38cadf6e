import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { CreateEnvironmentRequest, UpdateEnvironmentRequest } from '@heddle/contracts';
import { newId } from '@heddle/platform/ids';
import { describeWith } from '@heddle/testing';
import { schedulerFixture, type SchedulerFixture } from '../testing/scheduler-fixture.js';

await describeWith(['postgres'], 'editing an environment', ({ postgres }) => {
  let fixture: SchedulerFixture;

  beforeAll(async () => {
    fixture = await schedulerFixture(postgres);
  });
  afterAll(() => fixture.close());

  const recipe = {
    name: 'node',
    variables: { CI: '1' },
    checks: [{ name: 'unit', command: ['npm', 'test'] }],
    agent: { kind: 'COMMAND', command: ['true'] },
  };

  async function edited(environment: object, updateMask?: string[]) {
    const { id } = await fixture.environments.create(CreateEnvironmentRequest.fromPartial(recipe));
    const request = { environment: { ...environment, id }, ...(updateMask === undefined ? {} : { updateMask }) };
    return fixture.environments.update(UpdateEnvironmentRequest.fromPartial(request));
  }

  it('changes what was sent where there is no mask', async () => {
    expect(await edited({ variables: { CI: '2' } })).toMatchObject({ ...recipe, variables: { CI: '2' }, version: 2 });
  });

  it('empties what the mask names and the request does not', async () => {
    expect(await edited({ name: 'ignored' }, ['checks', 'agent'])).toMatchObject({
      name: 'node',
      variables: { CI: '1' },
      checks: [],
      agent: undefined,
    });
  });

  it('has no more use for the set-up layers made so far after a reset, which is no new version', async () => {
    const { id } = await fixture.environments.create(CreateEnvironmentRequest.fromPartial(recipe));
    const reset = { requestId: newId(), id };
    const answers = [await fixture.environments.resetCache(reset), await fixture.environments.resetCache(reset)];
    expect(answers.map(({ version, revision }) => [version, revision])).toEqual([
      [1, '2'],
      [1, '2'],
    ]);
    expect((await fixture.environments.rows(id, 0)).environment.cacheEpoch).toBe('1');
    await expect(fixture.environments.resetCache({ requestId: '', id: newId() })).rejects.toMatchObject({
      reason: 'ENVIRONMENT_NOT_FOUND',
    });
  });
});
