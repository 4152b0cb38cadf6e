import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { CreateLandingRequest, Landing_State, Verdict_Decision, type Landing } from '@heddle/contracts';
import { newId } from '@heddle/platform/ids';
import { describeWith, useTemporaryDirectories } from '@heddle/testing';
import { reviewFixture, type ReviewFixture } from '../testing/review-fixture.js';
import { LandingEntity } from './landing.entity.js';
import { LandingPusher } from './landing-pusher.js';
import { SampleProject, type Edits, type SampleChange } from '../testing/sample-project.js';

// Not within: what is removed there is removed before the service is stopped.
const temporary = useTemporaryDirectories();

await describeWith(['postgres', 'nats', 'temporal'], 'the landing queue', (servers) => {
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

  async function approved(edits: Edits, header: Parameters<SampleProject['capture']>[1] = {}): Promise<SampleChange> {
    const change = await project.capture(edits, header);
    fixture.scheduler.checked(change.attemptId, change.treeId, { unit: 'PASSED' });
    await verdict(change, Verdict_Decision.APPROVE);
    return change;
  }

  const verdict = (change: SampleChange, decision: Verdict_Decision) =>
    fixture.clients.changes.createVerdict({
      requestId: '',
      changeId: change.changeId,
      verdict: decision,
      headCommit: change.commit,
      reasonClass: decision === Verdict_Decision.REJECT ? 'SUPERSEDED' : '',
      comment: '',
    });

  const enqueue = (change: SampleChange, more: Partial<CreateLandingRequest> = {}): Promise<Landing> =>
    fixture.clients.landings.createLanding(CreateLandingRequest.fromPartial({ changeId: change.changeId, ...more }));

  async function settled(landing: Landing): Promise<Landing> {
    for (;;) {
      const now = await fixture.clients.landings.waitLanding({ id: landing.id, timeout: { seconds: '20', nanos: 0 } });
      if (now.endTime !== undefined) return now;
    }
  }

  /** Resolves when the landing has reached the state. */
  async function reached(landing: Landing, state: Landing_State): Promise<void> {
    while ((await fixture.clients.landings.getLanding({ id: landing.id })).state !== state);
  }

  const show = (path: string, at = 'trunk'): Promise<string> => project.git(project.path, 'show', `${at}:${path}`);

  it('lands approved changes in order, each as a merge that was tested, with its trailers', async () => {
    const changes = [
      await approved({ 'a.txt': '1\nA\n3\n' }),
      await approved({ 'b.txt': 'B\n' }),
      await approved({ 'c.txt': 'c\n' }),
    ];
    const landings: Landing[] = [];
    for (const change of changes) landings.push(await enqueue(change));
    const ended = await Promise.all(landings.map(settled));
    expect(ended.map((landing) => [landing.state, landing.checks.map((check) => check.state)])).toEqual(
      Array(3).fill(['LANDED', ['PASSED']]),
    );
    expect(await project.tip()).toBe(ended[2]?.landedCommit);
    const log = await project.git(
      project.path,
      'log',
      '--first-parent',
      '--format=%(trailers:key=Heddle-Landing,valueonly)%P',
      'trunk',
    );
    expect(
      log
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => line.split(' ')[0]),
    ).toEqual(expect.arrayContaining(landings.map((landing) => landing.id)));
    expect([await show('a.txt'), await show('b.txt'), await show('c.txt')]).toEqual(['1\nA\n3', 'B', 'c']);
    for (const landing of ended) expect(fixture.runner.tested).toContain(landing.landedCommit);
    await fixture.runner.freed();
    await expect(enqueue(changes[0]!)).rejects.toMatchObject({ reason: 'ALREADY_LANDED' });
  });

  it('says with what a change conflicts and lets the others pass', async () => {
    const [first, rival, other] = [
      await approved({ 'a.txt': '1\nX\n3\n' }),
      await approved({ 'a.txt': '1\nY\n3\n' }),
      await approved({ 'b.txt': 'B\n' }),
    ];
    const landings = [await enqueue(first), await enqueue(rival), await enqueue(other)];
    const ended = await Promise.all(landings.map(settled));
    expect(ended.map((landing) => landing.state)).toEqual(['LANDED', 'CONFLICTED', 'LANDED']);
    expect(ended[1]).toMatchObject({
      reason: 'CONFLICT',
      conflictPaths: ['a.txt'],
      message: expect.stringContaining('a.txt'),
    });
    expect(await show('a.txt')).toBe('1\nX\n3');
  });

  it('takes out what git cannot merge, with what git says of it, and lets the others pass', async () => {
    fixture.scheduler.checkNames = [];
    const change = await approved({ 'a.txt': '1\nA\n3\n' });
    const tree = await project.git(project.path, 'rev-parse', 'trunk^{tree}');
    const unrelated = await project.git(project.path, 'commit-tree', tree, '-m', 'unrelated');
    await project.git(project.path, 'update-ref', 'refs/heads/pages', unrelated);
    expect(await settled(await enqueue(change, { targetBranch: 'pages' }))).toMatchObject({
      state: 'EJECTED',
      reason: 'MERGE_UNDECIDED',
      message: expect.stringContaining('unrelated histories'),
    });
  });

  it('takes out what is red on the merged tree, with the evidence, and tests those behind anew', async () => {
    const [bad, good] = [await approved({ 'bad.txt': 'x\n' }), await approved({ 'good.txt': 'y\n' })];
    const files = async (commit: string) =>
      (await project.git(storeDirectory(), 'ls-tree', '--name-only', commit)).split('\n');
    fixture.runner.judge = async (commit) => ((await files(commit)).includes('bad.txt') ? 'FAILED' : 'PASSED');
    const landings = [await enqueue(bad), await enqueue(good)];
    const ended = await Promise.all(landings.map(settled));
    expect(ended[0]).toMatchObject({
      state: 'EJECTED',
      reason: 'CHECK_FAILED',
      checks: [{ name: 'unit', state: 'FAILED' }],
    });
    expect(ended[1]?.state).toBe('LANDED');
    expect(await files(ended[1]?.landedCommit ?? '')).not.toContain('bad.txt');
    // A second try is a new landing.
    fixture.runner.judge = () => Promise.resolve('PASSED');
    expect((await settled(await enqueue(bad))).state).toBe('LANDED');
  });

  it('merges and tests again when somebody else moved the branch meanwhile', async () => {
    const change = await approved({ 'a.txt': '1\nA\n3\n' });
    let moved = '';
    fixture.runner.judge = async () => {
      if (moved === '') moved = await project.commitBehindOurBack({ 'theirs.txt': 't\n' });
      return 'PASSED';
    };
    const ended = await settled(await enqueue(change));
    expect(ended.state).toBe('LANDED');
    expect(await project.git(project.path, 'rev-parse', `${ended.landedCommit ?? ''}^1`)).toBe(moved);
    expect(await show('theirs.txt')).toBe('t');
  });

  it('knows after a lost answer that a landing is on the branch, even under other commits', async () => {
    const change = await approved({ 'a.txt': '1\nA\n3\n' });
    fixture.runner.judge = async (commit) => {
      // The push arrived, its answer did not, and somebody went on from there.
      await project.git(project.path, 'fetch', '-q', storeDirectory(), commit);
      await project.git(project.path, 'update-ref', 'refs/heads/trunk', commit, project.base);
      await project.commitBehindOurBack({ 'next.txt': 'n\n' });
      return 'PASSED';
    };
    const ended = await settled(await enqueue(change));
    expect(ended.state).toBe('LANDED');
    const count = await project.git(project.path, 'rev-list', '--count', '--grep', ended.id, 'trunk');
    expect(count).toBe('1');
  });

  it('goes on after a restart of the service in the middle of a test', async () => {
    const change = await approved({ 'a.txt': '1\nA\n3\n' });
    let release: (() => void) | undefined;
    fixture.runner.judge = () =>
      new Promise(
        (resolve) =>
          (release = () => {
            resolve('PASSED');
          }),
      );
    const landing = await enqueue(change);
    await reached(landing, Landing_State.TESTING);
    while (release === undefined) await new Promise((resolve) => setImmediate(resolve));
    await fixture.restart();
    release();
    expect((await settled(landing)).state).toBe('LANDED');
    await fixture.runner.freed();
  });

  it('lets a person take a landing out while it is tested, and then tests those behind anew', async () => {
    const [slow, behind] = [await approved({ 'slow.txt': 's\n' }), await approved({ 'behind.txt': 'b\n' })];
    const blocked = new Set<string>();
    fixture.runner.judge = (_, landingId) =>
      blocked.has(landingId) ? new Promise(() => undefined) : Promise.resolve('PASSED');
    const first = await enqueue(slow);
    blocked.add(first.id);
    await reached(first, Landing_State.TESTING);
    const second = await enqueue(behind);
    const ejected = await fixture.clients.landings.ejectLanding({ requestId: 'e', id: first.id });
    expect(ejected).toMatchObject({ state: 'EJECTED', reason: 'EJECTED_BY_USER' });
    expect(await fixture.clients.landings.ejectLanding({ requestId: 'e', id: first.id })).toEqual(ejected);
    expect((await settled(second)).state).toBe('LANDED');
    expect(await project.git(project.path, 'ls-tree', '--name-only', 'trunk')).not.toContain('slow.txt');
    await expect(fixture.clients.landings.ejectLanding({ requestId: '', id: second.id })).rejects.toMatchObject({
      reason: 'LANDING_NOT_QUEUED',
    });
  });

  it('makes a branch that does not exist at the base of what lands', async () => {
    const change = await approved({ 'a.txt': '1\nA\n3\n' });
    const ended = await settled(await enqueue(change, { targetBranch: 'heddle/demo-1' }));
    expect(ended.state).toBe('LANDED');
    expect(await project.git(project.path, 'rev-parse', 'heddle/demo-1^1')).toBe(project.base);
    expect(await project.tip()).toBe(project.base);
  });

  it('ejects what the remote refuses, with its words, and finds the one among several', async () => {
    fixture.scheduler.checkNames = [];
    const good = await approved({ 'good.txt': 'g\n' });
    const bad = await approved({ 'secret.txt': 's\n' });
    const hook =
      '#!/bin/sh\nwhile read old new ref; do if git ls-tree --name-only $new | grep -q secret; then echo "no secrets" >&2; exit 1; fi; done\n';
    await writeFile(join(project.path, 'hooks', 'pre-receive'), hook, { mode: 0o755 });
    await giveAway(project.path);
    const landings = [await enqueue(good), await enqueue(bad)];
    const ended = await Promise.all(landings.map(settled));
    expect(ended.map((landing) => landing.state)).toEqual(['LANDED', 'EJECTED']);
    expect(ended[1]).toMatchObject({ reason: 'TARGET_REJECTED', message: expect.stringContaining('no secrets') });
  });

  it('ejects what can never be pushed, with what git says of it, and goes on with the queue of the branch', async () => {
    fixture.scheduler.checkNames = [];
    const landings = [
      await enqueue(await approved({ 'a.txt': '1\nA\n3\n' }), { targetBranch: 'trunk/below' }),
      await enqueue(await approved({ 'b.txt': 'B\n' }), { targetBranch: 'trunk/below' }),
    ];
    const ended = await Promise.all(landings.map(settled));
    for (const landing of ended)
      expect(landing).toMatchObject({
        state: 'EJECTED',
        reason: 'TARGET_REJECTED',
        message: expect.stringContaining("'refs/heads/trunk' exists"),
      });
  });

  it('lands the next without waiting for the slot of the one before to be given back', async () => {
    let giveBack: (() => void) | undefined;
    const waiting = new Promise<void>((resolve) => (giveBack = resolve));
    fixture.runner.releasing = () => waiting;
    try {
      const first = await settled(await enqueue(await approved({ 'a.txt': '1\nA\n3\n' })));
      const second = await settled(await enqueue(await approved({ 'b.txt': 'B\n' })));
      expect([first.state, second.state]).toEqual(['LANDED', 'LANDED']);
      expect([...fixture.runner.held].map((owner) => owner.split('/')[0])).toContain(first.id);
    } finally {
      fixture.runner.releasing = () => Promise.resolve();
      giveBack?.();
    }
  });

  it('touches nothing of a work tree that is in use', async () => {
    project = await SampleProject.create(fixture, join(directory, newId()), { 'a.txt': '1\n2\n3\n' }, { bare: false });
    const first = await approved({ 'a.txt': '1\nA\n3\n' });
    await writeFile(join(project.path, 'a.txt'), 'mine\n');
    expect(await settled(await enqueue(first))).toMatchObject({ state: 'EJECTED', reason: 'TARGET_CHECKED_OUT' });
    await project.git(project.path, 'checkout', '-q', '--', 'a.txt');
    expect((await settled(await enqueue(first))).state).toBe('LANDED');
    expect(await project.git(project.path, 'status', '--porcelain')).toBe('');
  });

  it('brings a work tree along whose branch had moved before a crash', async () => {
    project = await SampleProject.create(fixture, join(directory, newId()), { 'a.txt': '1\n2\n3\n' }, { bare: false });
    const change = await approved({ 'a.txt': '1\nA\n3\n' });
    let release: (() => void) | undefined;
    fixture.runner.judge = () =>
      new Promise(
        (resolve) =>
          (release = () => {
            resolve('PASSED');
          }),
      );
    const landing = await enqueue(change);
    await reached(landing, Landing_State.TESTING);
    while (release === undefined) await new Promise((resolve) => setImmediate(resolve));
    await fixture.dataSource.query(
      `UPDATE landings SET state = 'PUSHING', commit = candidate, push_head = candidate, expected_old = $2 WHERE id = $1`,
      [landing.id, project.base],
    );
    const { commit } = await fixture.dataSource.manager.findOneByOrFail(LandingEntity, { id: landing.id });
    await project.git(project.path, 'fetch', '-q', storeDirectory(), commit ?? '');
    await project.git(project.path, 'update-ref', 'refs/heads/trunk', commit ?? '', project.base);
    release();
    expect((await settled(landing)).state).toBe('LANDED');
    expect(await project.git(project.path, 'status', '--porcelain')).toBe('');
  });

  it('goes on with a push as it was decided before a crash, whatever has become ready since', async () => {
    let blocked = 0;
    let end: ((outcome: 'PASSED') => void) | undefined;
    const ended = new Promise<'PASSED'>((resolve) => (end = resolve));
    fixture.runner.judge = () => {
      blocked += 1;
      return ended;
    };
    const first = await enqueue(await approved({ 'c.txt': 'c\n' }));
    await reached(first, Landing_State.TESTING);
    const ahead = await enqueue(await approved({ 'a.txt': '1\nA\n3\n' }));
    const behind = await enqueue(await approved({ 'b.txt': 'B\n' }));
    // Both are in the next plan.
    await fixture.clients.landings.ejectLanding({ requestId: '', id: first.id });
    await reached(behind, Landing_State.TESTING);
    while (blocked < 3) await new Promise((resolve) => setImmediate(resolve));
    const row = async ({ id }: Landing): Promise<LandingEntity> =>
      fixture.dataSource.manager.findOneByOrFail(LandingEntity, { id });
    await fixture.dataSource.query(
      `UPDATE landings SET state = 'PUSHING', commit = candidate, push_head = candidate, expected_old = $2 WHERE id = $1`,
      [ahead.id, project.base],
    );
    const members = (await Promise.all([ahead, behind].map(row))).map(({ id, candidate }) => ({
      landingId: id,
      commit: candidate ?? '',
      checks: [],
    }));
    const request = { repositoryId: project.repositoryId, branch: 'trunk', tip: project.base, members };
    try {
      expect(await fixture.app.get(LandingPusher).land(request)).toEqual({ kind: 'LANDED', landed: 1 });
      expect(await project.tip()).toBe(members[0]?.commit);
      expect((await row(behind)).state).toBe('TESTING');
    } finally {
      end?.('PASSED');
    }
    expect((await settled(behind)).state).toBe('LANDED');
  });

  it('refuses what may not land, with its reason', async () => {
    const pending = await project.capture({ 'a.txt': 'x\n' });
    await expect(enqueue(pending)).rejects.toMatchObject({ reason: 'APPROVAL_MISSING' });
    const partial = await approved({ 'a.txt': 'x\n' }, { partial: true });
    await expect(enqueue(partial)).rejects.toMatchObject({ reason: 'CHANGE_PARTIAL' });
    const empty = await project.capture({});
    await expect(enqueue(empty)).rejects.toMatchObject({ reason: 'CHANGE_EMPTY' });
    const red = await approved({ 'a.txt': 'x\n' });
    fixture.scheduler.checked(red.attemptId, red.treeId, { unit: 'FAILED' });
    await expect(enqueue(red)).rejects.toMatchObject({ reason: 'CHECKS_NOT_GREEN', metadata: { checks: 'unit' } });
    fixture.scheduler.checked(red.attemptId, 'f'.repeat(40), { unit: 'PASSED' });
    await expect(enqueue(red)).rejects.toMatchObject({ reason: 'CHECKS_NOT_GREEN' });
    const fine = await approved({ 'a.txt': 'y\n' });
    await expect(enqueue(fine, { headCommit: '1'.repeat(40) })).rejects.toMatchObject({ reason: 'CHANGE_MOVED' });
    await expect(enqueue(fine, { targetBranch: 'a b' })).rejects.toMatchObject({ reason: 'FIELD_INVALID' });
    await expect(enqueue(fine, { priority: 6 })).rejects.toMatchObject({ reason: 'FIELD_INVALID' });
    fixture.runner.judge = () => new Promise(() => undefined);
    const once = await enqueue(fine, { requestId: 'same' });
    expect((await enqueue(fine, { requestId: 'same' })).id).toBe(once.id);
    await expect(enqueue(fine)).rejects.toMatchObject({ reason: 'LANDING_EXISTS' });
    await fixture.clients.landings.ejectLanding({ requestId: '', id: once.id });
  });

  it('lands nothing whose approval was taken back while it was tested', async () => {
    const change = await approved({ 'a.txt': '1\nA\n3\n' });
    fixture.runner.judge = async () => {
      await verdict(change, Verdict_Decision.REJECT);
      return 'PASSED';
    };
    expect(await settled(await enqueue(change))).toMatchObject({ state: 'EJECTED', reason: 'APPROVAL_MISSING' });
    expect(await project.tip()).toBe(project.base);
  });

  it('takes a landing out when its approval was taken back before it was merged', async () => {
    const [first, second] = [await approved({ 'a.txt': '1\nA\n3\n' }), await approved({ 'b.txt': 'B\n' })];
    let release: (() => void) | undefined;
    fixture.runner.judge = () =>
      new Promise(
        (resolve) =>
          (release = () => {
            resolve('PASSED');
          }),
      );
    const ahead = await enqueue(first);
    await reached(ahead, Landing_State.TESTING);
    while (release === undefined) await new Promise((resolve) => setImmediate(resolve));
    const late = await enqueue(second);
    await verdict(second, Verdict_Decision.REJECT);
    fixture.runner.judge = () => Promise.resolve('PASSED');
    release();
    expect((await settled(ahead)).state).toBe('LANDED');
    expect(await settled(late)).toMatchObject({ state: 'EJECTED', reason: 'APPROVAL_MISSING' });
  });

  const storeDirectory = (): string => join(directory, 'data', 'git', `${project.repositoryId}.git`);
});

/** Hooks are run for owners that are not root. */
async function giveAway(path: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  await promisify(execFile)('chown', ['-R', '20123:20123', path]);
}
