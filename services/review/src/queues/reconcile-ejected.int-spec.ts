import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import {
  CreateLandingRequest,
  LandingQueue,
  ListReconciliationsRequest,
  Verdict_Decision,
  type Landing,
  type Reconciliation,
} from '@heddle/contracts';
import { newId } from '@heddle/platform/ids';
import { describeWith, useTemporaryDirectories } from '@heddle/testing';
import { LandingEntity } from '../landings/landing.entity.js';
import { LandingRows } from '../landings/landing-rows.js';
import { EjectedReconciliations } from '../reconciliations/ejected-reconciliations.js';
import { ReconciliationEntity } from '../reconciliations/reconciliation.entity.js';
import { reviewFixture, type ReviewFixture } from '../testing/review-fixture.js';
import { SampleProject, type Edits, type SampleChange } from '../testing/sample-project.js';

// Not within: what is removed there is removed before the service is stopped.
const temporary = useTemporaryDirectories();

await describeWith(['postgres', 'nats', 'temporal'], 'what falls out of a queue and is reconciled', (servers) => {
  let directory: string;
  let fixture: ReviewFixture;
  let project: SampleProject;
  beforeAll(async () => {
    directory = await temporary('review');
    fixture = await reviewFixture(servers, join(directory, 'data'));
    fixture.scheduler.checkNames = ['unit'];
  });
  afterAll(() => fixture.close());
  beforeEach(async () => {
    fixture.runner.judge = () => Promise.resolve('PASSED');
    project = await SampleProject.create(fixture, join(directory, newId()), { 'a.txt': 'a\n', 'b.txt': 'b\n' });
  });

  async function approved(edits: Edits): Promise<SampleChange> {
    const change = await project.capture(edits);
    fixture.scheduler.checked(change.attemptId, change.treeId, { unit: 'PASSED' });
    const verdict = { requestId: '', changeId: change.changeId, verdict: Verdict_Decision.APPROVE };
    await fixture.clients.changes.createVerdict({
      ...verdict,
      headCommit: change.commit,
      reasonClass: '',
      comment: '',
    });
    return change;
  }

  /** Lands a change, or sees it fall out. */
  async function land({ changeId }: SampleChange): Promise<Landing> {
    const { id } = await fixture.clients.landings.createLanding(CreateLandingRequest.fromPartial({ changeId }));
    return until(
      () => fixture.clients.landings.waitLanding({ id, timeout: { seconds: '20', nanos: 0 } }),
      ({ endTime }) => endTime !== undefined,
    );
  }

  /** The test's own time limit ends it. */
  async function until<T>(look: () => Promise<T>, holds: (found: T) => boolean): Promise<T> {
    for (;;) {
      const found = await look();
      if (holds(found)) return found;
      await delay(50);
    }
  }

  async function set(settings: Partial<LandingQueue>, ...updateMask: string[]): Promise<void> {
    const { repositoryId } = project;
    const wish = { repositoryId, branch: 'trunk', pageSize: 0, pageToken: '' };
    const { queues } = await fixture.clients.queues.listLandingQueues(wish);
    const queue = LandingQueue.fromPartial({ ...settings, id: queues[0]?.id ?? '' });
    await fixture.clients.queues.updateLandingQueue({ queue, updateMask });
  }

  const reconciliationsOf = async ({ changeId }: SampleChange): Promise<Reconciliation[]> => {
    const request = ListReconciliationsRequest.fromPartial({ changeId });
    return (await fixture.clients.reconciliations.listReconciliations(request)).reconciliations;
  };
  const made = (change: SampleChange): Promise<Reconciliation[]> =>
    until(
      () => reconciliationsOf(change),
      (found) => found.length > 0,
    );
  const again = async (): Promise<void> => {
    const ejected = fixture.app.get(EjectedReconciliations);
    await Promise.all([ejected.makeAll(), ejected.makeAll()]);
  };
  const rival = async (): Promise<SampleChange> => {
    expect((await land(await approved({ 'b.txt': 'B\n' }))).state).toBe('LANDED');
    return approved({ 'b.txt': 'other\n' });
  };

  it('brings a change that conflicts onto the branch as it is, once, and says so on its landing', async () => {
    const change = await rival();
    await set({ reconcileEjected: true, returnToAuthor: true }, 'reconcile_ejected', 'return_to_author');
    const landing = await land(change);
    expect(landing.state).toBe('CONFLICTED');
    const [reconciliation] = await made(change);
    expect(reconciliation).toMatchObject({
      id: landing.reconciliationId,
      targetBranch: 'trunk',
      baseCommit: await project.tip(),
      inputs: [{ changeId: change.changeId, headCommit: change.commit }],
      instructions: expect.stringContaining('Conflict in b.txt'),
    });
    const { verdicts } = await fixture.clients.changes.listVerdicts({ changeId: change.changeId });
    expect(verdicts.map(({ principal }) => principal)).not.toContain('landing-queue');

    expect((await land(change)).reconciliationId).toBe(reconciliation?.id);
    await again();
    expect(await reconciliationsOf(change)).toHaveLength(1);
  });

  it('has so many rounds as the queue says, those of what a result was made of among them', async () => {
    const change = await rival();
    await set({ reconcileEjected: true, roundsMax: 1 }, 'reconcile_ejected', 'rounds_max');
    const { reconciliationId: id = '' } = await land(change);
    await made(change);
    await fixture.clients.reconciliations.cancelReconciliation({ requestId: '', id });
    const second = await land(change);
    expect([second.state, second.reconciliationId]).toEqual(['CONFLICTED', undefined]);

    const result = await approved({ 'b.txt': 'result\n' });
    await fixture.dataSource.manager.update(ReconciliationEntity, { id }, { changeId: result.changeId });
    expect((await land(result)).reconciliationId).toBeUndefined();

    await set({ returnToAuthor: true }, 'return_to_author');
    expect((await land(change)).reconciliationId).toBeUndefined();
    const { verdicts } = await fixture.clients.changes.listVerdicts({ changeId: change.changeId });
    expect(verdicts[0]).toMatchObject({ verdict: 'REQUEST_CHANGES', principal: 'landing-queue' });
  });

  it('reconciles one that is red with another that landed with what that one was for', async () => {
    const first = await approved({ 'one.txt': '1\n' });
    const change = await approved({ 'two.txt': '2\n' });
    fixture.runner.judge = async (commit) => {
      const store = join(directory, 'data', 'git', `${project.repositoryId}.git`);
      const there = (await project.git(store, 'ls-tree', '--name-only', commit)).split('\n');
      return there.includes('one.txt') && there.includes('two.txt') ? 'FAILED' : 'PASSED';
    };
    expect((await land(first)).state).toBe('LANDED');
    await set({ reconcileEjected: true }, 'reconcile_ejected');
    const landing = await land(change);
    expect(landing).toMatchObject({ state: 'EJECTED', reason: 'INTERACTION' });
    const found = await made(change);
    expect(found.map(({ id, inputs }) => [id, inputs.map(({ changeId }) => changeId)])).toEqual([
      [landing.reconciliationId, [first.changeId, change.changeId]],
    ]);
    const rows = fixture.app.get(LandingRows);
    const { candidate } = await fixture.dataSource.manager.findOneByOrFail(LandingEntity, { id: landing.id });
    const eject = { landingId: landing.id, commit: candidate ?? '', reason: 'INTERACTION', message: '', checks: [] };
    await rows.eject(eject);
    await again();
    expect(await reconciliationsOf(change)).toHaveLength(1);
  });

  it('makes what a row names where review died before, and says why it does not', async () => {
    const change = await rival();
    const { id } = await land(change);
    const reconciliationId = newId();
    await fixture.dataSource.manager.update(LandingEntity, { id }, { reconciliationId });
    await again();
    expect((await reconciliationsOf(change)).map((row) => row.id)).toEqual([reconciliationId]);

    const { attemptId, taskId } = change;
    await project.capture({ 'b.txt': 'moved\n' }, { attemptId, taskId, number: 2, turn: 2 });
    await fixture.dataSource.manager.update(LandingEntity, { id }, { reconciliationId: newId() });
    await again();
    const landing = await fixture.clients.landings.getLanding({ id });
    expect(landing.reconciliationId).toBeUndefined();
    expect(landing.message).toContain('It is not reconciled: ');
    expect(landing.message).toContain('(CHANGE_MOVED)');
    expect(await reconciliationsOf(change)).toHaveLength(1);
  });
});
