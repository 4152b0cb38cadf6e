import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import {
  CreateLandingRequest,
  Landing_State,
  Landing_Style,
  LandingQueue,
  ListOverlapsRequest,
  OverlapPair_Level,
  Verdict_Decision,
  type Landing,
} from '@heddle/contracts';
import { newId } from '@heddle/platform/ids';
import { describeWith, useTemporaryDirectories } from '@heddle/testing';
import { reviewFixture, type ReviewFixture } from '../testing/review-fixture.js';
import { SampleProject, type Edits, type SampleChange } from '../testing/sample-project.js';

// Not within: what is removed there is removed before the service is stopped.
const temporary = useTemporaryDirectories();

await describeWith(['postgres', 'nats', 'temporal'], 'a landing queue as a resource', (servers) => {
  let directory: string;
  let fixture: ReviewFixture;
  let project: SampleProject;
  beforeAll(async () => {
    directory = await temporary('review');
    fixture = await reviewFixture(servers, join(directory, 'data'));
  });
  afterAll(() => fixture.close());
  beforeEach(async () => {
    fixture.runner.judge = () => Promise.resolve('PASSED');
    fixture.scheduler.checkNames = ['unit'];
    project = await SampleProject.create(fixture, join(directory, newId()), { 'a.txt': '1\n2\n3\n', 'b.txt': 'b\n' });
  });

  async function approved(edits: Edits): Promise<SampleChange> {
    const change = await project.capture(edits);
    fixture.scheduler.checked(change.attemptId, change.treeId, { unit: 'PASSED' });
    await approve(change);
    return change;
  }

  async function approve({ changeId, commit: headCommit }: SampleChange): Promise<void> {
    const verdict = { requestId: '', changeId, verdict: Verdict_Decision.APPROVE, headCommit };
    await fixture.clients.changes.createVerdict({ ...verdict, reasonClass: '', comment: '' });
  }

  const enqueue = (change: SampleChange, more: Partial<CreateLandingRequest> = {}): Promise<Landing> =>
    fixture.clients.landings.createLanding(CreateLandingRequest.fromPartial({ changeId: change.changeId, ...more }));

  const landed = async (edits: Edits): Promise<Landing> => {
    const ended = await settled(await enqueue(await approved(edits)));
    expect(ended.state).toBe('LANDED');
    return ended;
  };

  async function settled({ id }: Landing): Promise<Landing> {
    for (;;) {
      const now = await fixture.clients.landings.waitLanding({ id, timeout: { seconds: '20', nanos: 0 } });
      if (now.endTime !== undefined) return now;
    }
  }

  async function until({ id }: Landing, holds: (landing: Landing) => boolean): Promise<Landing> {
    for (;;) {
      const now = await fixture.clients.landings.getLanding({ id });
      if (holds(now)) return now;
    }
  }

  const queueOf = async (): Promise<LandingQueue> => {
    const { repositoryId } = project;
    const { queues } = await fixture.clients.queues.listLandingQueues({
      repositoryId,
      branch: 'trunk',
      pageSize: 0,
      pageToken: '',
    });
    expect(queues).toHaveLength(1);
    return queues[0]!;
  };

  const set = async (settings: Partial<LandingQueue>, updateMask: string[]): Promise<LandingQueue> => {
    const { id } = await queueOf();
    return fixture.clients.queues.updateLandingQueue({
      queue: LandingQueue.fromPartial({ ...settings, id }),
      updateMask,
    });
  };

  const files = async (commit: string) =>
    (await project.git(storeDirectory(), 'ls-tree', '--name-only', commit)).split('\n');
  const storeDirectory = (): string => join(directory, 'data', 'git', `${project.repositoryId}.git`);

  it('is there from the first landing on, and takes settings within their ranges and of their version', async () => {
    await landed({ 'a.txt': '1\nA\n3\n' });
    const before = await queueOf();
    expect(before).toMatchObject({ state: 'ACTIVE', branch: 'trunk', windowMax: 16, batchMax: 1, retryFlakes: true });
    const after = await set({ windowMax: 2, retryFlakes: false, style: Landing_Style.SQUASH, etag: before.etag }, [
      'window_max',
      'retry_flakes',
      'style',
    ]);
    expect(after).toMatchObject({ windowMax: 2, retryFlakes: false, style: 'SQUASH', batchMax: 1 });
    await expect(set({ windowMax: 3, etag: before.etag }, ['window_max'])).rejects.toMatchObject({
      reason: 'VERSION_CONFLICT',
    });
    await expect(set({ windowMax: 17 }, ['window_max'])).rejects.toMatchObject({ reason: 'FIELD_INVALID' });
    await expect(fixture.clients.queues.getLandingQueue({ id: newId() })).rejects.toMatchObject({
      reason: 'QUEUE_NOT_FOUND',
    });
  });

  it('pushes nothing while it is paused, also not what is under test, says why, and goes on', async () => {
    let tests = 0;
    fixture.runner.judge = () => {
      tests += 1;
      return tests === 1 ? new Promise(() => undefined) : Promise.resolve('PASSED');
    };
    const landing = await enqueue(await approved({ 'a.txt': '1\nA\n3\n' }));
    await until(landing, () => tests === 1);
    const { id } = await queueOf();
    const paused = await fixture.clients.queues.pauseLandingQueue({ requestId: '', id, message: 'release day' });
    expect(paused).toMatchObject({ state: 'PAUSED', reason: 'QUEUE_PAUSED', waitingCount: 1 });
    expect((await fixture.clients.queues.pauseLandingQueue({ requestId: '', id, message: 'again' })).message).toBe(
      'release day',
    );
    const held = await until(landing, ({ reason }) => reason === 'QUEUE_PAUSED');
    expect(held).toMatchObject({ state: 'QUEUED', message: 'release day', queuePosition: 1 });
    expect(await fixture.clients.landings.explainLanding({ id: landing.id })).toMatchObject({
      ahead: [],
      blockers: [{ reason: 'QUEUE_PAUSED', message: 'release day' }],
    });
    expect(await project.tip()).toBe(project.base);
    await fixture.clients.queues.resumeLandingQueue({ requestId: '', id });
    expect((await settled(landing)).state).toBe('LANDED');
  });

  it('runs what is red once more on the same tree, and records what passes then as flaky', async () => {
    const seen = new Set<string>();
    fixture.runner.judge = (commit) => {
      const first = !seen.has(commit);
      seen.add(commit);
      return Promise.resolve(first ? 'FAILED' : 'PASSED');
    };
    const ended = await settled(await enqueue(await approved({ 'a.txt': '1\nA\n3\n' })));
    expect(ended).toMatchObject({ state: 'LANDED', checks: [{ name: 'unit', state: 'PASSED', flaky: true }] });
    await set({ retryFlakes: false }, ['retry_flakes']);
    seen.clear();
    // The red one fails on its own tree alone: the branch, which is asked afterwards, has been seen to pass.
    seen.add(ended.landedCommit ?? '');
    expect(await settled(await enqueue(await approved({ 'b.txt': 'B\n' })))).toMatchObject({
      state: 'EJECTED',
      checks: [{ state: 'FAILED', flaky: false }],
    });
  });

  it('stops when the branch alone is red, accuses nobody, and goes on once it has moved', async () => {
    const brokenBehindOurBack = await project.commitBehindOurBack({ 'broken.txt': 'x\n' });
    fixture.runner.judge = async (commit) => ((await files(commit)).includes('broken.txt') ? 'FAILED' : 'PASSED');
    const landing = await enqueue(await approved({ 'a.txt': '1\nA\n3\n' }));
    const held = await until(landing, ({ reason }) => reason === 'TARGET_RED');
    expect(held).toMatchObject({ state: 'QUEUED', message: expect.stringContaining('unit') });
    expect(fixture.runner.tested).toContain(brokenBehindOurBack);
    expect(await queueOf()).toMatchObject({ state: 'STOPPED', reason: 'TARGET_RED' });
    await project.commitBehindOurBack({ 'broken.txt': null });
    // Whoever comes next finds the branch moved.
    const next = await enqueue(await approved({ 'b.txt': 'B\n' }));
    expect((await settled(landing)).state).toBe('LANDED');
    expect((await settled(next)).state).toBe('LANDED');
    expect((await queueOf()).state).toBe('ACTIVE');
  });

  it('names the landing with which one does not get on that is green by itself', async () => {
    fixture.runner.judge = async (commit) => {
      const there = await files(commit);
      return there.includes('one.txt') && there.includes('two.txt') ? 'FAILED' : 'PASSED';
    };
    const changes = [
      await approved({ 'c.txt': 'c\n' }),
      await approved({ 'one.txt': '1\n' }),
      await approved({ 'd.txt': 'd\n' }),
      await approved({ 'two.txt': '2\n' }),
    ];
    const landings: Landing[] = [];
    for (const change of changes) landings.push(await enqueue(change));
    const ended = await Promise.all(landings.map(settled));
    expect(ended.map(({ state }) => state)).toEqual(['LANDED', 'LANDED', 'LANDED', 'EJECTED']);
    expect(ended[3]).toMatchObject({ reason: 'INTERACTION', partnerLandingId: ended[1]?.id });
    const { pairs } = await fixture.clients.overlaps.listOverlaps(
      ListOverlapsRequest.fromPartial({ changeId: ended[3]?.changeId ?? '', minLevel: OverlapPair_Level.TEST }),
    );
    expect(
      pairs.map(({ changeIds, evidence }) => [changeIds.includes(ended[1]?.changeId ?? ''), evidence]),
    ).toMatchObject([[true, [{ level: OverlapPair_Level.TEST, check: 'unit' }]]]);
  });

  it('tests a batch once, and finds the one red member of it by halving', async () => {
    await landed({ 'first.txt': 'f\n' });
    await set({ batchMax: 4 }, ['batch_max']);
    const { id } = await queueOf();
    await fixture.clients.queues.pauseLandingQueue({ requestId: '', id, message: '' });
    fixture.runner.judge = async (commit) => ((await files(commit)).includes('bad.txt') ? 'FAILED' : 'PASSED');
    const names = ['g1.txt', 'g2.txt', 'bad.txt', 'g3.txt'];
    const landings: Landing[] = [];
    for (const name of names) landings.push(await enqueue(await approved({ [name]: 'x\n' })));
    fixture.runner.tested.length = 0;
    await fixture.clients.queues.resumeLandingQueue({ requestId: '', id });
    const ended = await Promise.all(landings.map(settled));
    expect(ended.map(({ state }) => state)).toEqual(['LANDED', 'LANDED', 'EJECTED', 'LANDED']);
    expect(await project.tip()).toBe(ended[3]?.landedCommit);
    expect(fixture.runner.tested).toContain(ended[3]?.landedCommit);
  });

  it('lets the fast lane overtake what is under test, and a landing change its place', async () => {
    const blocked = new Set<string>();
    fixture.runner.judge = (_, landingId) =>
      blocked.delete(landingId) ? new Promise(() => undefined) : Promise.resolve('PASSED');
    const slow = await enqueue(await approved({ 'slow.txt': 's\n' }));
    blocked.add(slow.id);
    await until(slow, ({ state }) => state === Landing_State.TESTING);
    while (blocked.size > 0) await new Promise((resolve) => setImmediate(resolve));
    const fast = await enqueue(await approved({ 'fast.txt': 'f\n' }), { priority: 1 });
    const [second, first] = [await settled(slow), await settled(fast)];
    expect([first.state, second.state]).toEqual(['LANDED', 'LANDED']);
    expect(await project.git(project.path, 'rev-parse', `${second.landedCommit ?? ''}^1`)).toBe(first.landedCommit);

    const { id } = await queueOf();
    await fixture.clients.queues.pauseLandingQueue({ requestId: '', id, message: '' });
    const landings = [
      await enqueue(await approved({ 'x.txt': 'x\n' })),
      await enqueue(await approved({ 'y.txt': 'y\n' })),
      await enqueue(await approved({ 'z.txt': 'z\n' })),
    ];
    const moved = await fixture.clients.landings.moveLanding({
      requestId: '',
      id: landings[2]?.id ?? '',
      position: 1,
      priority: 0,
    });
    expect(moved.queuePosition).toBe(1);
    const places = await Promise.all(landings.map(({ id: each }) => fixture.clients.landings.getLanding({ id: each })));
    expect(places.map(({ queuePosition }) => queuePosition)).toEqual([2, 3, 1]);
    await expect(
      fixture.clients.landings.moveLanding({ requestId: '', id: fast.id, position: 1, priority: 0 }),
    ).rejects.toMatchObject({ reason: 'LANDING_NOT_QUEUED' });
  });

  it('takes a landing back through the queue, once, and lets its change land again', async () => {
    const change = await approved({ 'a.txt': '1\nA\n3\n' });
    const first = await settled(await enqueue(change));
    await landed({ 'b.txt': 'B\n' });
    const back = await fixture.clients.landings.revertLanding({ requestId: 'r', id: first.id, priority: 0 });
    expect((await fixture.clients.landings.revertLanding({ requestId: 'r', id: first.id, priority: 0 })).id).toBe(
      back.id,
    );
    const ended = await settled(back);
    expect(ended).toMatchObject({ state: 'LANDED', revertsLandingId: first.id, checks: [{ state: 'PASSED' }] });
    expect(await project.git(project.path, 'show', 'trunk:a.txt')).toBe('1\n2\n3');
    expect(await project.git(project.path, 'show', 'trunk:b.txt')).toBe('B');
    expect(await project.git(project.path, 'log', '-1', '--format=%B', 'trunk')).toContain(
      `This reverts commit ${first.landedCommit ?? ''}.`,
    );
    expect((await fixture.clients.landings.getLanding({ id: first.id })).revertedByLandingId).toBe(ended.id);
    await expect(
      fixture.clients.landings.revertLanding({ requestId: '', id: first.id, priority: 0 }),
    ).rejects.toMatchObject({ reason: 'ALREADY_REVERTED' });
    const again = await settled(await enqueue(change));
    expect(again).toMatchObject({ state: 'LANDED', style: 'SQUASH' });
    expect(await project.git(project.path, 'show', 'trunk:a.txt')).toBe('1\nA\n3');
  });

  it('takes back also what nobody approves of any more', async () => {
    const change = await approved({ 'a.txt': '1\nA\n3\n' });
    const { id } = await settled(await enqueue(change));
    const { changeId, commit: headCommit } = change;
    // Nobody would hear what is asked for; it may be approved for another branch, and that it was wrong may be on record.
    const asked = { requestId: '', changeId, verdict: Verdict_Decision.REQUEST_CHANGES, headCommit };
    await expect(
      fixture.clients.changes.createVerdict({ ...asked, reasonClass: '', comment: 'And tests.' }),
    ).rejects.toMatchObject({ reason: 'ALREADY_LANDED', metadata: { id, changeId, branch: 'trunk' } });
    await approve(change);
    const verdict = { requestId: '', changeId, verdict: Verdict_Decision.REJECT, headCommit };
    await fixture.clients.changes.createVerdict({ ...verdict, reasonClass: 'INCORRECT', comment: 'wrong after all' });
    const back = await fixture.clients.landings.revertLanding({ requestId: '', id, priority: 0 });
    expect((await settled(back)).state).toBe('LANDED');
  });

  it('refuses to take back what has not landed', async () => {
    fixture.runner.judge = () => new Promise(() => undefined);
    const landing = await enqueue(await approved({ 'a.txt': '1\nA\n3\n' }));
    await expect(
      fixture.clients.landings.revertLanding({ requestId: '', id: landing.id, priority: 0 }),
    ).rejects.toMatchObject({ reason: 'LANDING_NOT_LANDED' });
    await fixture.clients.landings.ejectLanding({ requestId: '', id: landing.id });
  });

  it('lands by squash and by rebase the very trees that git makes, with author and trailers', async () => {
    const author = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com'];
    for (const style of [Landing_Style.SQUASH, Landing_Style.REBASE]) {
      const own = await SampleProject.create(fixture, join(directory, newId()), { 'a.txt': '1\n2\n3\n4\n5\n' });
      project = own;
      const change = await approved({ 'a.txt': '1\nA\n3\n4\n5\n' });
      const theirs = await own.commitBehindOurBack({ 'a.txt': '1\n2\n3\n4\nE\n' });
      const ended = await settled(await enqueue(change, { style }));
      expect(ended).toMatchObject({ state: 'LANDED', style });
      const landedCommit = ended.landedCommit ?? '';
      expect(await own.git(own.path, 'rev-list', '--parents', '-1', landedCommit)).toBe(`${landedCommit} ${theirs}`);
      expect(
        await own.git(own.path, 'log', '-1', '--format=%(trailers:key=Heddle-Landing,valueonly)', landedCommit),
      ).toBe(ended.id);
      const picked = join(directory, newId());
      await own.git('/', 'clone', '-q', storeDirectory(), picked);
      await own.git(picked, 'checkout', '-q', '--detach', theirs);
      await own.git(picked, 'fetch', '-q', storeDirectory(), change.commit);
      await own.git(picked, ...author, 'cherry-pick', change.commit);
      expect(await own.git(own.path, 'rev-parse', `${landedCommit}^{tree}`)).toBe(
        await own.git(picked, 'rev-parse', 'HEAD^{tree}'),
      );
      expect(await own.git(own.path, 'log', '-1', '--format=%an', landedCommit)).toBe(
        await own.git(picked, 'log', '-1', '--format=%an', change.commit),
      );
    }
  });

  it('sends what falls out by its own fault back to its author with the evidence, so often as it is set', async () => {
    await landed({ 'b.txt': 'B\n' });
    await set({ returnToAuthor: true, roundsMax: 1 }, ['return_to_author', 'rounds_max']);
    const rival = await approved({ 'b.txt': 'other\n' });
    expect((await settled(await enqueue(rival))).state).toBe('CONFLICTED');
    const asked = await fixture.clients.changes.listVerdicts({ changeId: rival.changeId });
    expect(asked.verdicts[0]).toMatchObject({
      verdict: 'REQUEST_CHANGES',
      principal: 'landing-queue',
      reasonClass: 'LANDING_FAILED',
      comment: expect.stringContaining('Conflict in b.txt'),
    });
    expect((await fixture.clients.changes.getChange({ id: rival.changeId })).reviewState).toBe('CHANGES_REQUESTED');
    const { changeId } = rival;
    const [{ id } = { id: '' }] = asked.verdicts;
    await fixture.clients.changes.dismissVerdict({ requestId: '', changeId, id, comment: 'once more' });
    expect((await settled(await enqueue(rival))).state).toBe('CONFLICTED');
    const { verdicts } = await fixture.clients.changes.listVerdicts({ changeId });
    expect(verdicts.filter(({ principal }) => principal === 'landing-queue')).toHaveLength(1);
    expect((await fixture.clients.changes.getChange({ id: changeId })).reviewState).toBe('APPROVED');
  });

  it('tells of a conflict with what has landed before its turn comes', async () => {
    await landed({ 'b.txt': 'B\n' });
    await set({ windowMax: 1 }, ['window_max']);
    const slowOne = await approved({ 'slow.txt': 's\n' });
    const rival = await approved({ 'b.txt': 'other\n' });
    fixture.runner.judge = () => new Promise(() => undefined);
    const { id } = await queueOf();
    await fixture.clients.queues.pauseLandingQueue({ requestId: '', id, message: '' });
    const [slow, late] = [await enqueue(slowOne), await enqueue(rival)];
    await fixture.clients.queues.resumeLandingQueue({ requestId: '', id });
    expect(await settled(late)).toMatchObject({ state: 'CONFLICTED', conflictPaths: ['b.txt'] });
    expect((await fixture.clients.landings.getLanding({ id: slow.id })).endTime).toBeUndefined();
    await fixture.clients.landings.ejectLanding({ requestId: '', id: slow.id });
  });

  it('says of a change all that is in the way of its landing, and lands nothing by asking', async () => {
    await landed({ 'b.txt': 'B\n' });
    const change = await project.capture({ 'b.txt': 'other\n' });
    const oddly = fixture.clients.changes.preflightChange({ id: change.changeId, targetBranch: 'no such..branch' });
    await expect(oddly).rejects.toMatchObject({ reason: 'FIELD_INVALID' });
    const said = await fixture.clients.changes.preflightChange({ id: change.changeId, targetBranch: '' });
    expect(said).toMatchObject({
      targetBranch: 'trunk',
      targetCommit: await project.tip(),
      mergeable: false,
      conflictPaths: ['b.txt'],
    });
    expect(said.blockers.map(({ reason }) => reason)).toEqual(['APPROVAL_MISSING', 'CHECKS_NOT_GREEN', 'CONFLICT']);
    const fine = await approved({ 'c.txt': 'c\n' });
    expect(await fixture.clients.changes.preflightChange({ id: fine.changeId, targetBranch: '' })).toMatchObject({
      mergeable: true,
      blockers: [],
    });
    expect(await enqueue(fine, { validateOnly: true })).toMatchObject({ id: '', state: 'QUEUED' });
    const { landings } = await fixture.clients.landings.listLandings({
      pageSize: 0,
      pageToken: '',
      repositoryId: '',
      batchId: '',
      changeId: fine.changeId,
      states: [],
    });
    expect(landings).toEqual([]);
    await expect(enqueue(change, { validateOnly: true })).rejects.toMatchObject({ reason: 'APPROVAL_MISSING' });
  });
});
