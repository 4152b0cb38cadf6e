import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import {
  CreateLandingRequest,
  LandingQueue,
  LandingQueue_State,
  Verdict_Decision,
  type Landing,
} from '@heddle/contracts';
import { newId } from '@heddle/platform/ids';
import { describeWith, useTemporaryDirectories } from '@heddle/testing';
import { reviewFixture, type ReviewFixture } from '../testing/review-fixture.js';
import { SampleProject, type Edits, type SampleChange } from '../testing/sample-project.js';

// Not within: what is removed there is removed before the service is stopped.
const temporary = useTemporaryDirectories();

await describeWith(['postgres', 'nats', 'temporal'], 'tips of a queue whose tasks have different checks', (servers) => {
  let directory: string;
  let fixture: ReviewFixture;
  let project: SampleProject;
  /** Of each test that ran, in their order: over which files, and what it asked. */
  let asked: { readonly files: readonly string[]; readonly check: string; readonly environment: string }[];
  /** Says of a check and the files of a tree whether it passes. */
  let passes: (check: string, files: readonly string[]) => boolean;
  beforeAll(async () => {
    directory = await temporary('review');
    fixture = await reviewFixture(servers, join(directory, 'data'));
  });
  afterAll(() => fixture.close());
  beforeEach(async () => {
    asked = [];
    passes = () => true;
    fixture.scheduler.environment = {};
    fixture.runner.judge = async (commit, _, check, environmentId) => {
      const files = (await project.git(storeDirectory(), 'ls-tree', '--name-only', commit)).split('\n');
      asked.push({ files, check: check.name, environment: environmentId });
      return passes(check.name, files) ? 'PASSED' : 'FAILED';
    };
    project = await SampleProject.create(fixture, join(directory, newId()), { 'start.txt': 's\n' });
  });

  const storeDirectory = (): string => join(directory, 'data', 'git', `${project.repositoryId}.git`);

  /** @param checks of its task */
  async function enqueue(edits: Edits, checks: readonly string[]): Promise<Landing> {
    fixture.scheduler.checkNames = [...checks];
    const change = await project.capture(edits);
    return enqueueChange(change, checks);
  }

  async function enqueueChange(change: SampleChange, checks: readonly string[]): Promise<Landing> {
    const { attemptId, treeId, changeId, commit: headCommit } = change;
    fixture.scheduler.checked(attemptId, treeId, Object.fromEntries(checks.map((name) => [name, 'PASSED'])));
    const verdict = { requestId: '', changeId, verdict: Verdict_Decision.APPROVE, headCommit };
    await fixture.clients.changes.createVerdict({ ...verdict, reasonClass: '', comment: '' });
    return fixture.clients.landings.createLanding(CreateLandingRequest.fromPartial({ changeId }));
  }

  async function settled({ id }: Landing): Promise<Landing> {
    for (;;) {
      const now = await fixture.clients.landings.waitLanding({ id, timeout: { seconds: '20', nanos: 0 } });
      if (now.endTime !== undefined) return now;
    }
  }

  const queueOf = async (): Promise<LandingQueue> => {
    const filter = { repositoryId: project.repositoryId, branch: 'trunk', pageSize: 0, pageToken: '' };
    return (await fixture.clients.queues.listLandingQueues(filter)).queues[0]!;
  };

  /** What was asked of the tree that has exactly these files beside the first one. */
  const askedOf = (...files: string[]): string[] =>
    asked.filter((each) => each.files.join() === [...files, 'start.txt'].sort().join()).map(({ check }) => check);

  it('pass the checks of what landed before and of all ahead', async () => {
    expect((await settled(await enqueue({ 'a.txt': 'a\n' }, ['a']))).state).toBe('LANDED');
    const { id } = await queueOf();
    await fixture.clients.queues.pauseLandingQueue({ requestId: '', id, message: '' });
    const landings = [await enqueue({ 'b.txt': 'b\n' }, ['b']), await enqueue({ 'c.txt': 'c\n' }, ['c'])];
    await fixture.clients.queues.resumeLandingQueue({ requestId: '', id });
    const ended = await Promise.all(landings.map(settled));
    // The test of the last one may stand for the one before.
    expect(ended.map(({ state, checks }) => [state, checks.map(({ name }) => name).sort()])).toEqual([
      ['LANDED', expect.arrayContaining(['a', 'b'])],
      ['LANDED', ['a', 'b', 'c']],
    ]);
    expect(askedOf('a.txt', 'b.txt', 'c.txt').sort()).toEqual(['a', 'b', 'c']);
  });

  it('name the landing whose check one breaks, and say whose check it is', async () => {
    passes = (check, files) => check !== 'no-b' || !files.includes('b.txt');
    const first = await settled(await enqueue({ 'a.txt': 'a\n' }, ['no-b']));
    expect((await settled(await enqueue({ 'c.txt': 'c\n' }, []))).state).toBe('LANDED');
    const second = await settled(await enqueue({ 'b.txt': 'b\n' }, ['b']));
    expect(second).toMatchObject({
      state: 'EJECTED',
      reason: 'INTERACTION',
      partnerLandingId: first.id,
      message: expect.stringContaining('no-b (Sample task)'),
      checks: expect.arrayContaining([expect.objectContaining({ name: 'no-b', state: 'FAILED' })]),
    });
    // Of the states of the branch before there was that check it was not asked.
    expect(askedOf('b.txt')).not.toContain('no-b');
    expect((await queueOf()).state).toBe('ACTIVE');
  });

  it('name the landing that breaks a check which came after it, and stop nobody', async () => {
    passes = (check, files) => check !== 'no-b' || !files.includes('b.txt');
    const first = await settled(await enqueue({ 'b.txt': 'b\n' }, ['b']));
    expect(await settled(await enqueue({ 'a.txt': 'a\n' }, ['no-b']))).toMatchObject({
      state: 'EJECTED',
      reason: 'INTERACTION',
      partnerLandingId: first.id,
    });
    expect((await queueOf()).state).toBe('ACTIVE');
  });

  it('are not accused by a check that only the change can pass', async () => {
    await project.commitBehindOurBack({ 'theirs.txt': 't\n' });
    passes = (check, files) => check !== 'has-a' || (files.includes('a.txt') && !files.includes('theirs.txt'));
    expect(await settled(await enqueue({ 'a.txt': 'a\n' }, ['has-a']))).toMatchObject({
      state: 'EJECTED',
      reason: 'CHECK_FAILED',
    });
    expect((await queueOf()).state).toBe('ACTIVE');
  });

  it('are red by themselves where somebody else broke what a landed task asks for', async () => {
    passes = (check, files) => check !== 'no-theirs' || !files.includes('theirs.txt');
    expect((await settled(await enqueue({ 'a.txt': 'a\n' }, ['no-theirs']))).state).toBe('LANDED');
    await project.commitBehindOurBack({ 'theirs.txt': 't\n' });
    const waiting = await enqueue({ 'b.txt': 'b\n' }, ['b']);
    let queue = await queueOf();
    while (queue.state !== LandingQueue_State.STOPPED) queue = await queueOf();
    expect(queue).toMatchObject({ reason: 'TARGET_RED', message: expect.stringContaining('no-theirs') });
    await project.commitBehindOurBack({ 'theirs.txt': null });
    await fixture.clients.queues.resumeLandingQueue({ requestId: '', id: queue.id });
    expect((await settled(waiting)).state).toBe('LANDED');
  });

  it('pass the checks of so many landed ones as the queue says', async () => {
    expect((await settled(await enqueue({ 'a.txt': 'a\n' }, ['a']))).state).toBe('LANDED');
    expect((await settled(await enqueue({ 'b.txt': 'b\n' }, ['b']))).state).toBe('LANDED');
    const { id } = await queueOf();
    const set = (landedChecks: number) =>
      fixture.clients.queues.updateLandingQueue({
        queue: LandingQueue.fromPartial({ id, landedChecks }),
        updateMask: ['landed_checks'],
      });
    await set(1);
    expect((await settled(await enqueue({ 'c.txt': 'c\n' }, ['c']))).state).toBe('LANDED');
    expect(askedOf('a.txt', 'b.txt', 'c.txt').sort()).toEqual(['b', 'c']);
    await set(0);
    expect((await settled(await enqueue({ 'd.txt': 'd\n' }, []))).state).toBe('LANDED');
    expect(askedOf('a.txt', 'b.txt', 'c.txt', 'd.txt')).toEqual([]);
    await expect(set(201)).rejects.toMatchObject({ reason: 'FIELD_INVALID' });
  });

  it('are tested in each environment that a check is of', async () => {
    fixture.scheduler.environment = { environmentId: 'e1' };
    expect((await settled(await enqueue({ 'a.txt': 'a\n' }, ['unit']))).state).toBe('LANDED');
    fixture.scheduler.environment = { environmentId: 'e2' };
    const second = await settled(await enqueue({ 'b.txt': 'b\n' }, ['unit']));
    expect(second).toMatchObject({ state: 'LANDED', checks: [{ name: 'unit' }, { name: 'unit-2' }] });
    const over = asked.filter(({ files }) => files.includes('a.txt') && files.includes('b.txt'));
    expect(over.map(({ check, environment }) => [check, environment])).toEqual([
      ['unit', 'e2'],
      ['unit-2', 'e1'],
    ]);
    await fixture.runner.freed();
  });

  it('are not asked by what was taken back, which its own check would keep from going', async () => {
    passes = (check, files) => check !== 'has-a' || files.includes('a.txt');
    const first = await settled(await enqueue({ 'a.txt': 'a\n' }, ['has-a']));
    expect((await settled(await enqueue({ 'b.txt': 'b\n' }, ['b']))).state).toBe('LANDED');
    const back = await fixture.clients.landings.revertLanding({ requestId: '', id: first.id, priority: 0 });
    expect(await settled(back)).toMatchObject({ state: 'LANDED', checks: [{ name: 'b' }] });
    expect((await settled(await enqueue({ 'c.txt': 'c\n' }, ['c']))).state).toBe('LANDED');
    expect(askedOf('b.txt', 'c.txt').sort()).toEqual(['b', 'c']);
  });
});
