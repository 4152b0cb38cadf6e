import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { Check } from '@heddle/contracts';
import { SandboxOwner_Kind, SandboxSpec } from '@heddle/contracts/internal';
import type { CheckOutcome } from '@heddle/contracts/workflows';
import { isTrialEnded } from '@heddle/domain';
import { listRefs, updateRefs } from '@heddle/git';
import { newId } from '@heddle/platform/ids';
import { ChangeBell, waitUntil } from '@heddle/platform/waiting';
import { describeWith, useTemporaryDirectories } from '@heddle/testing';
import { reviewFixture, type ReviewFixture } from '../testing/review-fixture.js';
import { SampleProject } from '../testing/sample-project.js';
import { TrialRefs } from './trial-refs.js';
import { TrialService, type TrialRequest } from './trial.service.js';
import type { TrialEntity } from './trial.entity.js';

// Not within: what is removed there is removed before the service is stopped.
const temporary = useTemporaryDirectories();

await describeWith(['postgres', 'nats', 'temporal'], 'trials', (servers) => {
  let fixture: ReviewFixture;
  let project: SampleProject;
  let commit: string;
  let store: string;
  beforeAll(async () => {
    const directory = await temporary('review');
    fixture = await reviewFixture(servers, join(directory, 'data'));
    project = await SampleProject.create(fixture, join(directory, newId()), { 'a.txt': '1\n' });
    ({ commit } = await project.capture({ 'a.txt': '2\n' }));
    store = join(directory, 'data', 'git', `${project.repositoryId}.git`);
  });
  // A test that failed must not leave a check running, for which the runner's end would wait.
  let end: ((state: CheckOutcome['state']) => void) | undefined;
  afterEach(() => {
    end?.('PASSED');
    end = undefined;
    fixture.runner.judge = () => Promise.resolve('PASSED');
  });
  afterAll(() => fixture.close());

  const trials = (): TrialService => fixture.app.get(TrialService);

  function requested(key: string, checks: readonly string[] = ['unit']): TrialRequest {
    return {
      kind: 'CROSS_TEST',
      key,
      repositoryId: project.repositoryId,
      baseCommit: project.base,
      commit,
      spec: SandboxSpec.fromPartial({
        repositoryId: project.repositoryId,
        environmentVersion: 3,
        prompt: 'Do it',
        agent: { kind: 'CODEX' },
        checks: [{ name: 'of-the-attempt' }],
        network: { setup: [{ host: 'mirror.example' }], agent: [{ host: 'api.example' }] },
        keepDuration: { seconds: '60' },
      }),
      checks: checks.map((name) => Check.fromPartial({ name, command: ['true'], timeout: { seconds: '5' } })),
    };
  }

  async function begun(...requests: TrialRequest[]): Promise<TrialEntity> {
    const [row] = await trials().request(requests);
    if (row === undefined) throw new Error('a trial for each request');
    return row;
  }

  function ended({ id }: TrialEntity): Promise<TrialEntity> {
    const bell = fixture.app.get(ChangeBell);
    return waitUntil(
      bell,
      id,
      { seconds: '60', nanos: 0 },
      () => trials().get(id),
      (row) => isTrialEnded(row.state),
    );
  }

  /** Resolves when checks run, which then wait for `end`. */
  function whileRunning(): Promise<void> {
    return new Promise((resolve) => {
      fixture.runner.judge = () =>
        new Promise((answer) => {
          end = answer;
          resolve();
        });
    });
  }

  it('run the checks that were asked for over the tree, and keep what each of them said', async () => {
    fixture.runner.judge = (_, __, check) => Promise.resolve(check.name === 'two' ? 'FAILED' : 'PASSED');
    const row = await ended(await begun(requested('said', ['one', 'two'])));
    expect(row).toMatchObject({ state: 'RAN', environmentVersion: 3, reason: '' });
    expect(row.results.map(({ name, state }) => [name, state])).toEqual([
      ['one', 'PASSED'],
      ['two', 'FAILED'],
    ]);
    expect(await fixture.clients.trials.getTrial({ id: row.id })).toMatchObject({
      state: 'RAN',
      startTime: expect.any(Date),
      endTime: expect.any(Date),
    });
    await expect(fixture.clients.trials.getTrial({ id: newId() })).rejects.toMatchObject({ reason: 'TRIAL_NOT_FOUND' });
  });

  it('run once for a question, however often and at the same moment it is asked', async () => {
    const before = fixture.runner.tested.length;
    const asked = await Promise.all([1, 2, 3].map(() => begun(requested('again'), requested('again'))));
    expect(new Set(asked.map(({ id }) => id)).size).toBe(1);
    await ended(asked[0] as TrialEntity);
    expect(await begun(requested('again'))).toMatchObject({ state: 'RAN' });
    expect(fixture.runner.tested).toHaveLength(before + 1);
  });

  it('are known to the holder of the newest fence, as checks without an agent, while they run', async () => {
    const running = whileRunning();
    const row = await begun(requested('spec'));
    await running;
    const { fence } = await trials().get(row.id);
    const owner = { kind: SandboxOwner_Kind.TRIAL, id: row.id, fence };
    const { specs } = fixture.clients;
    const spec = await specs.getSandboxSpec({ owner });
    expect(spec).toMatchObject({ owner, baseCommit: project.base, commit, prompt: '', environmentVersion: 3 });
    expect(spec.checks.map(({ name }) => name)).toEqual(['unit']);
    expect([spec.agent, spec.keepDuration, spec.network?.agent]).toEqual([undefined, undefined, []]);
    const superseded = { reason: 'FENCE_SUPERSEDED' };
    await expect(specs.getSandboxSpec({ owner: { ...owner, fence: '99' } })).rejects.toMatchObject(superseded);
    end?.('PASSED');
    await ended(row);
    await expect(specs.getSandboxSpec({ owner })).rejects.toMatchObject(superseded);
  });

  it('that are cancelled are stopped where they run, give their slots back and stay cancelled', async () => {
    const running = whileRunning();
    const row = await begun(requested('cancelled'));
    await running;
    await trials().cancel([row.id]);
    expect(await ended(row)).toMatchObject({ state: 'CANCELLED', results: [] });
    await fixture.runner.freed();
    expect(await begun(requested('cancelled'))).toMatchObject({ state: 'CANCELLED' });
    await trials().cancel([row.id]);
    expect(await trials().get(row.id)).toMatchObject({ state: 'CANCELLED' });
  });

  it('have a ref of their own for as long as they may run, also one that a crash left out', async () => {
    const running = whileRunning();
    const row = await begun(requested('kept'));
    await running;
    const refs = fixture.app.get(TrialRefs);
    const kept = { ref: `refs/heddle/trials/${row.id}`, id: commit };
    const own = async () => (await listRefs(store, 'refs/heddle/trials/')).filter(({ ref }) => ref === kept.ref);
    expect(await own()).toEqual([kept]);
    await updateRefs(store, [{ kind: 'delete', ref: kept.ref, old: commit }]);
    await refs.reconcile();
    expect(await own()).toEqual([kept]);
    end?.('PASSED');
    await ended(row);
    await refs.reconcile();
    expect(await own()).toEqual([]);
  });

  it('go on over a restart of the service', async () => {
    const running = whileRunning();
    const row = await begun(requested('restart'));
    await running;
    await fixture.restart();
    end?.('FAILED');
    expect(await ended(row)).toMatchObject({ state: 'RAN', results: [{ state: 'FAILED' }] });
  });
});
