import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { Attempt_State, SelectAttemptRequest, Task, type Check, type Ranking } from '@heddle/contracts';
import type { CheckOutcome } from '@heddle/contracts/workflows';
import { newId } from '@heddle/platform/ids';
import { describeWith, useTemporaryDirectories } from '@heddle/testing';
import { reviewFixture, type ReviewFixture } from '../testing/review-fixture.js';
import { SampleProject, type Edits, type SampleChange } from '../testing/sample-project.js';
import { TrialEntity } from '../trials/trial.entity.js';
import { RankingEngine } from './ranking-engine.js';

const exec = promisify(execFile);

// Not within: what is removed there is removed before the service is stopped.
const temporary = useTemporaryDirectories();

await describeWith(['postgres', 'nats', 'temporal'], 'the ranking of a task', (servers) => {
  let fixture: ReviewFixture;
  let project: SampleProject;
  let store: string;

  beforeAll(async () => {
    const directory = await temporary('review');
    fixture = await reviewFixture(servers, join(directory, 'data'));
    fixture.scheduler.checkNames = ['unit'];
    project = await SampleProject.create(fixture, join(directory, newId()), {
      'lib.txt': 'plain\n',
      'tests/old.test': 'plain\n',
      'ci/build.yml': 'build\n',
    });
    store = join(directory, 'data', 'git', `${project.repositoryId}.git`);
    fixture.runner.judge = (commit, _, check) => judge(commit, check);
  });
  beforeEach(() => {
    fixture.scheduler.environment = {
      environmentId: 'e1',
      testFiles: ['tests/**'],
      testCommand: ['run-test', '{files}'],
      testLoadCommand: ['load-test', '{files}'],
      forbiddenPaths: ['ci/**'],
    };
  });
  afterAll(() => fixture.close());

  const show = async (commit: string, path: string): Promise<string> =>
    (await exec('git', ['--git-dir', store, '-c', 'safe.directory=*', 'show', `${commit}:${path}`])).stdout;

  /** A test holds a word that the library must have; one that needs what is not there does not load. */
  async function judge(commit: string, { command }: Check): Promise<CheckOutcome['state']> {
    const [program, path = ''] = command;
    if (path === '') return 'PASSED';
    const [wanted = '', needs = ''] = (await show(commit, path)).trim().split(' needs ');
    const library = await show(commit, 'lib.txt');
    if (!library.includes(needs)) return 'FAILED';
    return program === 'load-test' || library.split('\n').some((line) => line.trim() === wanted) ? 'PASSED' : 'FAILED';
  }

  interface Tried {
    readonly taskId: string;
    readonly changes: readonly SampleChange[];
  }

  /** Attempts of one task, all of which have ended, by what they changed; `red`: the numbers of those whose checks fail. */
  async function tried(edits: readonly Edits[], red: readonly number[] = []): Promise<Tried> {
    const taskId = newId();
    const changes: SampleChange[] = [];
    for (const [index, edit] of edits.entries()) {
      const change = await project.capture(edit, { taskId, attemptNumber: index + 1 });
      const state = red.includes(index + 1) ? 'FAILED' : 'PASSED';
      fixture.scheduler.checked(change.attemptId, change.treeId, { unit: state });
      changes.push(change);
    }
    fixture.scheduler.tasks.set(
      taskId,
      Task.fromPartial({
        id: taskId,
        repositoryId: project.repositoryId,
        checks: [{ name: 'unit', command: ['true'] }],
        createTime: new Date(),
        attempts: changes.map(({ attemptId, changeId }, index) => ({
          id: attemptId,
          taskId,
          changeId,
          attemptNumber: index + 1,
          state: Attempt_State.COMPLETED,
          createTime: new Date(),
        })),
      }),
    );
    return { taskId, changes };
  }

  /** As when the last attempt's end is heard of. */
  function ended({ taskId }: Tried): void {
    fixture.app.get(RankingEngine).take({ data: { attempt: { taskId, state: 'COMPLETED' } } });
  }

  async function ranked({ taskId }: Tried): Promise<Ranking> {
    for (;;) {
      const ranking = await fixture.clients.tasks.getRanking({ id: taskId });
      if (ranking.pendingTrials === 0) return ranking;
    }
  }

  const codes = (ranking: Ranking): string[] => ranking.reasons.map(({ code }) => code);
  const numbers = ({ candidates, bestAttemptIds }: Ranking): number[] =>
    candidates
      .filter(({ attemptId }) => bestAttemptIds.includes(attemptId))
      .map(({ attemptNumber }) => attemptNumber)
      .sort();

  it('calls the two equal that made the same, and ranks neither the one that fails nor what it says', async () => {
    const attempts = await tried(
      [
        { 'lib.txt': 'plain\nround\n', 'tests/a.test': 'round\n' },
        { 'lib.txt': 'plain\n', 'tests/b.test': 'wrong\n' },
        { 'lib.txt': 'plain \nround  \n', 'tests/c.test': 'round\n' },
      ],
      [2],
    );
    ended(attempts);
    const ranking = await ranked(attempts);
    expect([ranking.outcome, ranking.confidence, numbers(ranking)]).toEqual(['TIE', 'HIGH', [1, 3]]);
    expect(codes(ranking)).toEqual(['SAME_SOLUTION']);
    expect(ranking.candidates.map(({ attemptNumber, rank }) => [attemptNumber, rank])).toEqual([
      [1, 1],
      [3, 1],
      [2, 0],
    ]);
    expect(ranking.candidates[2]?.gates).toMatchObject([
      { reason: 'CHECKS_NOT_GREEN', message: expect.stringContaining('unit') },
    ]);
    expect(ranking.tests.map(({ path, votes }) => [path, votes])).toEqual(
      expect.arrayContaining([
        ['tests/a.test', true],
        ['tests/c.test', true],
      ]),
    );
  });

  it('finds by the tests of the others the one that is right, though it is larger and all checks are green', async () => {
    const attempts = await tried([
      { 'lib.txt': 'plain\nround\n', 'tests/a.test': 'round\n' },
      { 'lib.txt': 'plain\nround\nedge\n'.padEnd(400, 'x\n'), 'tests/b.test': 'plain\n' },
      { 'lib.txt': 'plain\nedge\n', 'tests/c.test': 'edge\n' },
    ]);
    ended(attempts);
    const ranking = await ranked(attempts);
    expect([ranking.outcome, numbers(ranking)]).toEqual(['WINNER', [2]]);
    expect(codes(ranking)).toEqual(['TESTS_AGREE']);
    const tests = new Map(ranking.tests.map((test) => [test.path, test]));
    expect(tests.get('tests/b.test')).toMatchObject({
      votes: false,
      message: expect.stringContaining('passes on the base'),
    });
    expect(tests.get('tests/a.test')).toMatchObject({ votes: true, distinguishes: true });
    expect(tests.get('tests/a.test')?.results.map(({ attemptId, state }) => [attemptId, state])).toEqual(
      expect.arrayContaining([
        ['', 'FAILED'],
        [attempts.changes[1]?.attemptId, 'PASSED'],
        [attempts.changes[2]?.attemptId, 'FAILED'],
      ]),
    );
  });

  it('lays nothing but tests over the work of others, and runs each pair once', async () => {
    const attempts = await tried([
      { 'lib.txt': 'plain\none\n', 'tests/a.test': 'one\n' },
      { 'lib.txt': 'plain\ntwo\n', 'tests/old.test': 'plain\n\n' },
    ]);
    ended(attempts);
    await ranked(attempts);
    ended(attempts);
    await ranked(attempts);
    const trials = await fixture.dataSource.manager.findBy(TrialEntity, { taskId: attempts.taskId });
    expect(trials).toHaveLength(4);
    const over = trials.find(({ key }) => key.endsWith(attempts.changes[1]?.commit ?? '-'));
    expect(await show(over?.commit ?? '', 'lib.txt')).toBe('plain\ntwo\n');
    expect(await show(over?.commit ?? '', 'tests/a.test')).toBe('one\n');
    expect(await show(over?.commit ?? '', 'tests/old.test')).toBe('plain\n\n');
  });

  it('holds a test that does not load over other work against nobody', async () => {
    const attempts = await tried([
      { 'lib.txt': 'plain\none\nhelper\n', 'tests/a.test': 'one needs helper\n' },
      { 'lib.txt': 'plain\none\n' },
      { 'lib.txt': 'plain\none\nhelper\nmore\n' },
    ]);
    ended(attempts);
    const ranking = await ranked(attempts);
    const states = ranking.tests[0]?.results.map(({ state }) => state);
    expect([ranking.tests[0]?.votes, states]).toEqual([true, ['NOT_APPLICABLE', 'NOT_APPLICABLE', 'PASSED']]);
    expect(ranking.candidates.every(({ votesAgainst }) => votesAgainst === 0)).toBe(true);
  });

  it('says why tests are not run over each other, and ranks without them', async () => {
    Object.assign(fixture.scheduler.environment, { environmentId: 'e2', testCommand: [], testLoadCommand: [] });
    const attempts = await tried([
      { 'lib.txt': 'plain\none\n', 'tests/a.test': 'one\n' },
      { 'lib.txt': 'plain\ntwo\n'.padEnd(200, 'x\n') },
    ]);
    const ranking = await ranked(attempts);
    expect([ranking.outcome, ranking.confidence, numbers(ranking)]).toEqual(['WINNER', 'LOW', [1]]);
    expect(codes(ranking)).toEqual(['SMALLER_CHANGE', 'CROSS_TESTS_UNAVAILABLE']);
  });

  it('knows the gates of what a change touches, and of the branch as it is now', async () => {
    const attempts = await tried([
      { 'lib.txt': 'plain\none\n' },
      { 'ci/build.yml': 'skip\n', 'lib.txt': 'plain\ntwo\n' },
      { 'tests/old.test': null, 'lib.txt': 'plain\nthree\n' },
      { 'tests/old.test': 'other\n', 'lib.txt': 'plain\nfour\n' },
      { 'tests/old.test': 'plain\nit.skip(\n', 'lib.txt': 'plain\nfive\n' },
      {},
    ]);
    const gates = ({ candidates }: Ranking) =>
      Object.fromEntries(candidates.map((each) => [each.attemptNumber, each.gates.map(({ reason }) => reason)]));
    const before = await ranked(attempts);
    expect([before.outcome, numbers(before)]).toEqual(['WINNER', [1]]);
    expect(gates(before)).toEqual({
      1: [],
      2: ['FORBIDDEN_PATH'],
      3: ['TEST_DELETED'],
      4: ['TEST_CHANGED'],
      5: ['TEST_SKIPPED'],
      6: ['CHANGE_EMPTY'],
    });
    const tip = await project.commitBehindOurBack({ 'lib.txt': 'other\n' });
    const after = await ranked(attempts);
    expect([after.outcome, after.targetBranch, after.targetCommit]).toEqual(['NO_WINNER', 'trunk', tip]);
    expect(gates(after)[1]).toEqual(['CONFLICT']);
    await project.git(project.path, 'update-ref', 'refs/heads/trunk', project.base);
  });

  it('is open while an attempt is, and asks for no runs before', async () => {
    const attempts = await tried([
      { 'lib.txt': 'plain\none\n', 'tests/a.test': 'one\n' },
      { 'lib.txt': 'plain\ntwo\n' },
    ]);
    const running = fixture.scheduler.tasks.get(attempts.taskId)?.attempts[1];
    Object.assign(running ?? {}, { state: Attempt_State.RUNNING });
    ended(attempts);
    const ranking = await ranked(attempts);
    expect([ranking.outcome, ranking.confidence, codes(ranking)]).toEqual([
      'WINNER',
      'LOW',
      ['ONLY_ONE_PASSES', 'ATTEMPTS_OPEN'],
    ]);
    expect(ranking.openAttemptIds).toEqual([attempts.changes[1]?.attemptId]);
    expect(await fixture.dataSource.manager.countBy(TrialEntity, { taskId: attempts.taskId })).toBe(0);
  });

  it('keeps what a person picked beside what it said then, and how often that was the same', async () => {
    const attempts = await tried([{ 'lib.txt': 'plain\none\n' }, { 'lib.txt': 'plain\ntwo\n' }], [2]);
    const [first, second] = attempts.changes as [SampleChange, SampleChange];
    const select = ({ attemptId }: SampleChange, fields: Partial<SelectAttemptRequest> = {}): Promise<Ranking> =>
      fixture.clients.tasks.selectAttempt(
        SelectAttemptRequest.fromPartial({ id: attempts.taskId, attemptId, ...fields }),
      );
    const other = await select(second, { comment: 'reads better', requestId: 'r1' });
    expect(other.selection).toMatchObject({
      attemptId: second.attemptId,
      rank: 0,
      outcome: 'WINNER',
      comment: 'reads better',
    });
    expect(other.accuracy).toMatchObject({ picks: 1, agreed: 0 });
    const repeated = await select(second, { comment: 'reads better', requestId: 'r1' });
    expect(repeated.selection?.selectTime).toEqual(other.selection?.selectTime);
    const { selection, accuracy } = await select(first, { headCommit: first.commit });
    expect([selection?.attemptId, selection?.rank, accuracy?.picks, accuracy?.agreed]).toEqual([
      first.attemptId,
      1,
      1,
      1,
    ]);
    expect((await ranked(attempts)).selection?.attemptId).toBe(first.attemptId);
    await expect(select(first, { headCommit: 'f'.repeat(40) })).rejects.toMatchObject({ reason: 'CHANGE_MOVED' });
    await expect(select({ ...first, attemptId: newId() })).rejects.toMatchObject({ reason: 'ATTEMPT_NOT_FOUND' });
    const long = { comment: 'x'.repeat(2_001) };
    await expect(select(first, long)).rejects.toMatchObject({ reason: 'FIELD_INVALID' });
  });
});
