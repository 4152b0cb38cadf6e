import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { CreateEnvironmentRequest, SandboxLimits, UpdateEnvironmentRequest } from '@heddle/contracts';
import { newId } from '@heddle/platform/ids';
import { describeWith } from '@heddle/testing';
import { schedulerFixture, type SchedulerFixture } from '../testing/scheduler-fixture.js';
import { reserveName } from './environment-rows.js';

await describeWith(['postgres'], 'editing an environment', ({ postgres }) => {
  let fixture: SchedulerFixture;

  beforeAll(async () => {
    fixture = await schedulerFixture(postgres);
  });
  afterAll(() => fixture.close());

  const recipe = {
    variables: { CI: '1' },
    checks: [{ name: 'unit', command: ['npm', 'test'] }],
    agent: { kind: 'COMMAND', command: ['true'] },
  };

  async function edited(environment: object, updateMask?: string[]) {
    const { id } = await fixture.environments.create(
      CreateEnvironmentRequest.fromPartial({ ...recipe, name: newId() }),
    );
    const request = { environment: { ...environment, id }, ...(updateMask === undefined ? {} : { updateMask }) };
    return fixture.environments.update(UpdateEnvironmentRequest.fromPartial(request));
  }

  it('changes what was sent where there is no mask', async () => {
    expect(await edited({ variables: { CI: '2' } })).toMatchObject({ ...recipe, variables: { CI: '2' }, version: 2 });
  });

  it('empties what the mask names and the request does not', async () => {
    expect(await edited({ name: 'ignored' }, ['checks', 'agent'])).toMatchObject({
      name: expect.not.stringMatching('ignored'),
      variables: { CI: '1' },
      checks: [],
      agent: undefined,
    });
  });

  it('keeps what it says about sandboxes, and changes each of it as a whole', async () => {
    const said = {
      setup: { script: 'npm ci', timeout: { seconds: '60', nanos: 0 }, inputs: ['package-lock.json'] },
      maintenance: 'npm ci --prefer-offline',
      network: {
        setup: [{ preset: 'NPM', host: '', ports: [], methods: [], pathPrefix: '' }],
        agent: [{ preset: '', host: '*.example.com', ports: [8443], methods: ['GET'], pathPrefix: '/v1' }],
      },
      rootfs: { directory: '/opt/roots/node', image: '' },
      driver: 'BUBBLEWRAP',
      keepDuration: { seconds: '3600', nanos: 0 },
      limits: {
        ...SandboxLimits.create(),
        cpuMillis: 1_500,
        diskBytes: '1024',
        idleDuration: { seconds: '9', nanos: 0 },
      },
    };
    const { environments } = fixture;
    const made = await environments.create(CreateEnvironmentRequest.fromPartial({ ...recipe, name: 'said', ...said }));
    expect(await environments.get(made.id, 0)).toMatchObject({ ...recipe, ...said, version: 1 });
    const update = (environment: object, updateMask?: string[]) =>
      environments.update(
        UpdateEnvironmentRequest.fromPartial({
          environment: { ...environment, id: made.id },
          ...(updateMask && { updateMask }),
        }),
      );
    const mask = ['setup', 'network', 'keep_duration', 'rootfs', 'driver', 'maintenance', 'id', 'etag'];
    expect(await update({ setup: { script: 'make' } }, mask)).toMatchObject({
      setup: { script: 'make', timeout: undefined, inputs: [] },
      maintenance: '',
      network: undefined,
      rootfs: undefined,
      driver: '',
      keepDuration: undefined,
      limits: said.limits,
      version: 2,
    });
    expect(await update({ driver: 'BUBBLEWRAP', rootfs: { directory: '/opt/roots/go' } })).toMatchObject({
      driver: 'BUBBLEWRAP',
      rootfs: { image: '', directory: '/opt/roots/go' },
      setup: { script: 'make' },
      version: 3,
    });
    await expect(update({}, ['limits.processes'])).rejects.toMatchObject({ violations: [{ field: 'update_mask' }] });
    await expect(update({ limits: { processes: 1_001 } })).rejects.toMatchObject({
      violations: [{ field: 'environment.limits.processes', description: expect.stringContaining('1000') }],
    });
    expect(await environments.get(made.id, 1)).toMatchObject(said);
  });

  it('has no more use for the set-up layers made so far after a reset, which is no new version', async () => {
    const { id } = await fixture.environments.create(
      CreateEnvironmentRequest.fromPartial({ ...recipe, name: newId() }),
    );
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

  it('has a name of its own, also of two that come at once and where one is renamed', async () => {
    const create = (name: string) => fixture.environments.create(CreateEnvironmentRequest.fromPartial({ name }));
    const outcomes = await Promise.allSettled([create('one'), create('one')]);
    const made = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    expect(made).toHaveLength(1);
    const taken = { reason: 'NAME_TAKEN', metadata: { name: 'one', id: made[0]?.id } };
    expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({ reason: taken });
    const { id } = await create('two');
    const rename = (name: string) =>
      fixture.environments.update(UpdateEnvironmentRequest.fromPartial({ environment: { id, name } }));
    await expect(rename('one')).rejects.toMatchObject(taken);
    // Its own is no other's.
    expect(await rename('two')).toMatchObject({ name: 'two', version: 2 });
    expect(await rename('three')).toMatchObject({ name: 'three', version: 3 });
    expect(await create('two')).toMatchObject({ name: 'two' });
  });

  it('waits for another that takes the same name, and finds it taken', async () => {
    const name = newId();
    const make = (name: string) =>
      fixture.environments.create(CreateEnvironmentRequest.fromPartial({ ...recipe, name }));
    const { id } = await make(newId());
    const waiting = async (): Promise<number> => {
      const rows: unknown[] = await fixture.dataSource.query(
        `SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
           AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
      );
      return rows.length;
    };
    let second: Promise<unknown> = Promise.resolve();
    let hasEnded = false;
    await fixture.dataSource.transaction(async (manager) => {
      await reserveName(manager, name);
      second = make(name)
        .catch((error: unknown) => error)
        .finally(() => (hasEnded = true));
      while (!hasEnded && (await waiting()) === 0) await setImmediate();
      // Another one gets the name, and is stored.
      await manager.query('UPDATE environments SET name = $2 WHERE id = $1', [id, name]);
    });
    expect(await second).toMatchObject({ reason: 'NAME_TAKEN' });
  });
});
