import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  CreateBatchRequest,
  CreateEnvironmentRequest,
  CreateRepositoryRequest,
  ListOverlapsResponse,
  OverlapPair_Level,
  UpdateEnvironmentRequest,
} from '@heddle/contracts';
import { SandboxOwner_Kind } from '@heddle/contracts/internal';
import { describeWith } from '@heddle/testing';
import { schedulerFixture, type SchedulerFixture } from '../testing/scheduler-fixture.js';
import { recordStep } from './record-step.js';

await describeWith(['postgres'], 'what a runner may know of an attempt', ({ postgres }) => {
  let fixture: SchedulerFixture;

  beforeAll(async () => {
    fixture = await schedulerFixture(postgres);
  });
  afterAll(() => fixture.close());

  it('is told after its end too, with the end', async () => {
    const { dataSource, repositories, batches, specs } = fixture;
    const repository = CreateRepositoryRequest.fromPartial({ name: 'shop', url: '/srv/shop.git' });
    const { id: repositoryId } = await repositories.create(repository);
    const tasks = [{ prompt: 'Fix it', agent: { kind: 'COMMAND', command: ['true'] } }];
    const batch = await batches.create(CreateBatchRequest.fromPartial({ repositoryId, tasks }));
    const attemptId = batch.tasks[0]?.attempts[0]?.id ?? '';
    const owner = { kind: SandboxOwner_Kind.ATTEMPT, id: attemptId, fence: '0' };
    expect(await specs.get({ owner })).toMatchObject({ title: 'Fix it', ended: false });
    await recordStep(dataSource, { attemptId, transition: 1, state: 'FAILED', statusDetail: 'RUNNER_LOST' });
    expect(await specs.get({ owner })).toMatchObject({ title: 'Fix it', ended: true });
  });

  it('ends a further turn with what others have touched, where the environment says so', async () => {
    const { repositories, environments, batches, specs, dataSource } = fixture;
    const { id: repositoryId } = await repositories.create(
      CreateRepositoryRequest.fromPartial({ name: 'mill', url: '/srv/mill.git' }),
    );
    const { id: environmentId } = await environments.create(
      CreateEnvironmentRequest.fromPartial({ name: 'telling', tellOverlaps: true }),
    );
    const agent = { kind: 'COMMAND', command: ['true'] };
    const tasks = ['One', 'Two'].map((title) => ({ title, prompt: title, agent }));
    const batch = await batches.create(CreateBatchRequest.fromPartial({ repositoryId, environmentId, tasks }));
    const [id = '', other = ''] = batch.tasks.map(({ attempts }) => attempts[0]?.id ?? '');
    const evidence = [{ level: OverlapPair_Level.TEXTUAL, path: 'src/cart.ts', entity: 'Cart.total' }];
    fixture.overlapsOf = () =>
      Promise.resolve(
        ListOverlapsResponse.fromPartial({
          pairs: [{ attemptIds: [id, other], level: OverlapPair_Level.TEXTUAL, evidence }],
        }),
      );
    const owner = { kind: SandboxOwner_Kind.ATTEMPT, id, fence: '0' };
    expect((await specs.get({ owner })).prompt).toBe('One\n');
    await dataSource.query('UPDATE attempts SET turn = 2 WHERE id = $1', [id]);
    await dataSource.query(
      `INSERT INTO turns (attempt_id, turn, message, principal, create_time) VALUES ($1, 2, 'And now?', '', now())`,
      [id],
    );
    const { prompt } = await specs.get({ owner });
    expect(prompt).toMatch(/^And now\?\n\nFor your information/);
    expect(prompt).toContain('the task "Two", whose lines do not merge with yours: "src/cart.ts" (Cart.total)');
    // The turn is worth more than the note.
    fixture.overlapsOf = () => Promise.reject(new Error('review is away'));
    expect((await specs.get({ owner })).prompt).toBe('And now?');
  });

  it('is all that the environment says, in the version of the batch', async () => {
    const { dataSource, repositories, environments, batches, specs } = fixture;
    const recipe = {
      name: 'node',
      setup: { script: 'npm ci', inputs: ['package-lock.json'] },
      maintenance: 'npm rebuild',
      network: { agent: [{ host: 'api.example' }] },
      rootfs: { directory: '/opt/roots/node' },
      driver: 'BUBBLEWRAP',
      keepDuration: { seconds: '60', nanos: 0 },
      limits: { openFiles: 512 },
    };
    const { id: environmentId } = await environments.create(CreateEnvironmentRequest.fromPartial(recipe));
    const repository = CreateRepositoryRequest.fromPartial({ name: 'books', url: '/srv/books.git' });
    const { id: repositoryId } = await repositories.create(repository);
    const tasks = [{ prompt: 'Fix it', agent: { kind: 'COMMAND', command: ['true'] } }];
    const batch = await batches.create(CreateBatchRequest.fromPartial({ repositoryId, environmentId, tasks }));
    await environments.update(
      UpdateEnvironmentRequest.fromPartial({ environment: { id: environmentId, maintenance: 'x' } }),
    );
    await environments.resetCache({ requestId: '', id: environmentId });
    const owner = { kind: SandboxOwner_Kind.ATTEMPT, id: batch.tasks[0]?.attempts[0]?.id ?? '', fence: '0' };
    const { name: _name, ...said } = recipe;
    expect(await specs.get({ owner })).toMatchObject({
      ...said,
      environmentId,
      environmentVersion: 1,
      cacheEpoch: '1',
      trustedBase: true,
    });
    // Set-up runs the repository's own code: that of another branch, or of a commit, is nobody's but its own.
    for (const branch of ['feature', '']) {
      await dataSource.query('UPDATE batches SET source_branch = $2 WHERE id = $1', [batch.id, branch]);
      expect(await specs.get({ owner })).toMatchObject({ trustedBase: false });
    }
  });
});
