import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  CreateReconciliationRequest,
  ReconciledPath_Outcome,
  Reconciliation_State,
  Reconciliation_Step,
  type Reconciliation,
} from '@heddle/contracts';
import { newId } from '@heddle/platform/ids';
import { describeWith, useTemporaryDirectories } from '@heddle/testing';
import { reviewFixture, type ReviewFixture } from '../testing/review-fixture.js';
import { SampleProject, type Edits, type SampleChange } from '../testing/sample-project.js';
import { TrialEntity } from '../trials/trial.entity.js';
import { ReconciliationDriver } from './reconciliation-driver.js';

const exec = promisify(execFile);

// Not within: what is removed there is removed before the service is stopped.
const temporary = useTemporaryDirectories();

await describeWith(['postgres', 'nats', 'temporal'], 'taking one side', (servers) => {
  let fixture: ReviewFixture;
  let project: SampleProject;
  let store: string;

  beforeAll(async () => {
    const directory = await temporary('review');
    fixture = await reviewFixture(servers, join(directory, 'data'));
    const files = { 'lib.txt': 'plain\n', 'long.txt': long('', ''), 'tests/old.test': 'plain\n' };
    project = await SampleProject.create(fixture, join(directory, 'shop.git'), files);
    store = join(directory, 'data', 'git', `${project.repositoryId}.git`);
    fixture.scheduler.checkNames = ['unit'];
    fixture.scheduler.environment = { environmentId: 'e1', testFiles: ['tests/**'] };
    fixture.runner.judge = async (commit) => ((await missing(commit)).length === 0 ? 'PASSED' : 'FAILED');
  });
  afterAll(() => fixture.close());

  const git = async (...args: string[]): Promise<string> =>
    (await exec('git', ['--git-dir', store, '-c', 'safe.directory=*', ...args])).stdout;

  /** A test, or a part that uses the library, holds a word that the library or its other part must have. */
  async function missing(commit: string): Promise<string[]> {
    const paths = (await git('ls-tree', '-r', '--name-only', commit)).trim().split('\n');
    const texts = await Promise.all(
      paths.map(async (path) => ({ path, text: await git('show', `${commit}:${path}`) })),
    );
    const isDemand = ({ path }: { path: string }): boolean => path.startsWith('tests/') || path.startsWith('use');
    const library = texts.filter((file) => !isDemand(file)).map(({ text }) => text);
    const words = texts.filter(isDemand).map(({ text }) => text.trim());
    return words.filter((word) => !library.some((text) => text.includes(word)));
  }

  async function create(...edits: Edits[]): Promise<{ id: string; changes: SampleChange[] }> {
    return reconcile(edits, {});
  }

  async function reconcile(
    edits: readonly Edits[],
    wishes: Partial<CreateReconciliationRequest>,
  ): Promise<{ id: string; changes: SampleChange[] }> {
    const changes: SampleChange[] = [];
    for (const edit of edits) changes.push(await project.capture(edit));
    const changeIds = changes.map(({ changeId }) => changeId);
    const request = { requestId: newId(), changeIds, keepOrder: true, ...wishes };
    const { id } = await fixture.clients.reconciliations.createReconciliation(
      CreateReconciliationRequest.fromPartial(request),
    );
    return { id, changes };
  }

  /** The reconciliation on a rung, once its task is another one than before; the test's own time limit ends it. */
  async function on(id: string, step: 'TAKE_SIDE' | 'AGENT', before = ''): Promise<Reconciliation> {
    for (;;) {
      const row = await fixture.clients.reconciliations.getReconciliation({ id });
      if (row.step === Reconciliation_Step[step] && row.taskId !== '' && row.taskId !== before) return row;
      await delay(50);
    }
  }

  const asked = (id: string) => fixture.scheduler.reconcileTasks.requests.filter(({ key }) => key.startsWith(id));

  /** What a runner and the scheduler do with the rung's task: the tree as it began, checked. */
  async function work({ id, taskId, attemptId }: Reconciliation): Promise<'PASSED' | 'FAILED'> {
    const start = asked(id).at(-1)?.startCommit ?? '';
    const paths = (await git('ls-tree', '-r', '--name-only', start)).trim().split('\n');
    const texts = await Promise.all(paths.map((path) => git('show', `${start}:${path}`)));
    const edits = Object.fromEntries(paths.map((path, index) => [path, texts[index] ?? '']));
    const made = await project.capture(edits, { taskId, attemptId });
    const unit = (await missing(start)).length === 0 ? 'PASSED' : 'FAILED';
    fixture.scheduler.checked(attemptId, made.treeId, { unit });
    fixture.scheduler.reconcileTasks.ended(attemptId, 'COMPLETED');
    await fixture.app.get(ReconciliationDriver).take({ data: { attempt: { id: attemptId } } });
    return unit;
  }

  const trialsOf = async ({ taskId }: SampleChange): Promise<string[]> => {
    const trials = await fixture.dataSource.manager.findBy(TrialEntity, { taskId, kind: 'RECONCILIATION' });
    return trials.map(({ key }) => key.split('/').at(-1) ?? '').sort();
  };
  const PROVEN = ['again', 'tested', 'untested'];

  it('has the lines that pass the tests of both, and says what it has dropped', async () => {
    const { id, changes } = await create(
      { 'lib.txt': 'plain round edge\n', 'tests/a.test': 'round\n' },
      { 'lib.txt': 'plain edge\n', 'tests/b.test': 'edge\n', 'more.txt': 'more\n' },
    );
    const row = await on(id, 'TAKE_SIDE');
    const [request] = asked(id);
    expect(request).toMatchObject({ key: `${id}/TAKE_SIDE/0`, mergeOnly: true });
    const start = request?.startCommit ?? '';
    expect(await git('show', `${start}:lib.txt`)).toBe('plain round edge\n');
    expect(await git('ls-tree', '-r', '--name-only', start)).toBe(
      'lib.txt\nlong.txt\nmore.txt\ntests/a.test\ntests/b.test\ntests/old.test\n',
    );
    expect(await Promise.all(changes.map(trialsOf))).toEqual([[], PROVEN]);

    expect(await work(row)).toBe('PASSED');
    const done = await fixture.clients.reconciliations.waitReconciliation({ id, timeout: { seconds: '60', nanos: 0 } });
    expect(done).toMatchObject({
      state: Reconciliation_State.SUCCEEDED,
      step: Reconciliation_Step.TAKE_SIDE,
      notes: [],
    });
    expect(
      done.inputs.map(({ paths }) => paths.map(({ path, outcome }) => [path, ReconciledPath_Outcome[outcome]])),
    ).toEqual([
      [
        ['lib.txt', 'KEPT'],
        ['tests/a.test', 'KEPT'],
      ],
      [
        ['lib.txt', 'DROPPED'],
        ['more.txt', 'KEPT'],
        ['tests/b.test', 'KEPT'],
      ],
    ]);
  });

  it('tries the later one where the first does not pass, and has an agent where neither does', async () => {
    const later = await create(
      { 'lib.txt': 'plain one\n', 'tests/a.test': 'one\n' },
      { 'lib.txt': 'plain two one\n', 'tests/b.test': 'two\n' },
    );
    const first = await on(later.id, 'TAKE_SIDE');
    expect(await work(first)).toBe('FAILED');
    const second = await on(later.id, 'TAKE_SIDE', first.taskId);
    expect(await git('show', `${asked(later.id).at(-1)?.startCommit ?? ''}:lib.txt`)).toBe('plain two one\n');
    expect(await Promise.all(later.changes.map(trialsOf))).toEqual([PROVEN, PROVEN]);
    expect(await work(second)).toBe('PASSED');

    const neither = await create(
      { 'lib.txt': 'plain three\n', 'tests/a.test': 'three\n' },
      { 'lib.txt': 'plain four\n', 'tests/b.test': 'four\n' },
    );
    const tried = await on(neither.id, 'TAKE_SIDE');
    await work(tried);
    await work(await on(neither.id, 'TAKE_SIDE', tried.taskId));
    await on(neither.id, 'AGENT');
    expect(asked(neither.id).at(-1)).toMatchObject({ mergeOnly: false, failed: 'unit (FAILED)' });
  });

  it.each<[string, Edits, string[]]>([
    ['its tests pass without its lines', { 'tests/b.test': 'plain\n' }, ['tested', 'untested']],
    [
      'its tests are of what it does elsewhere',
      { 'tests/b.test': 'new\n', 'more.txt': 'new\n' },
      ['tested', 'untested'],
    ],
    ['it is red without its tests too', { 'tests/b.test': 'new\n', 'use.txt': 'lack\n' }, ['tested', 'untested']],
  ])('drops nobody who has not proven what it is for: %s', async (_, edits, trials) => {
    const { id, changes } = await create(
      { 'lib.txt': 'plain new lack five\n' },
      { 'lib.txt': 'plain six\n', ...edits },
    );
    const { notes } = await on(id, 'AGENT');
    expect(asked(id)).toHaveLength(1);
    const [kept, dropped] = changes.map(({ changeId }) => changeId);
    expect(notes).toMatchObject([
      { step: Reconciliation_Step.TAKE_SIDE, changeId: kept, reason: 'NO_TESTS' },
      { step: Reconciliation_Step.TAKE_SIDE, changeId: dropped, reason: 'INTENT_NOT_PROVEN' },
    ]);
    expect(await Promise.all(changes.map(trialsOf))).toEqual([[], trials]);
  });

  it('says that it drops nobody without tests of its own', async () => {
    const shared = { 'tests/old.test': 'plain\nlong\n' };
    const { id, changes } = await create({ 'lib.txt': 'seven\n', ...shared }, { 'lib.txt': 'eight\n', ...shared });
    const { notes } = await on(id, 'AGENT');
    expect(notes.map(({ reason, changeId }) => ({ reason, changeId }))).toEqual(
      changes.reverse().map(({ changeId }) => ({ reason: 'NO_TESTS', changeId })),
    );
    expect(await Promise.all(changes.map(trialsOf))).toEqual([[], []]);
  });

  it('stops what it has run to find out once it is cancelled', async () => {
    const { judge } = fixture.runner;
    const running = new Promise<void>((resolve) => {
      fixture.runner.judge = () => {
        resolve();
        return new Promise(() => undefined);
      };
    });
    const { id, changes } = await create(
      { 'lib.txt': 'plain thirteen\n' },
      { 'lib.txt': 'plain fourteen\n', 'tests/a.test': 'fourteen\n' },
    );
    await running;
    await fixture.clients.reconciliations.cancelReconciliation({ id, requestId: newId() });
    const taskId = changes.at(-1)?.taskId;
    const states = async (): Promise<string[]> =>
      (await fixture.dataSource.manager.findBy(TrialEntity, { taskId })).map(({ state }) => state);
    while ((await states()).some((state) => state !== 'CANCELLED')) await delay(50);
    expect(await states()).toHaveLength(2);
    await fixture.runner.freed();
    fixture.runner.judge = judge;
  });

  it('takes no side in a test', async () => {
    const { id, changes } = await create(
      { 'tests/old.test': 'nine\n', 'lib.txt': 'nine\n', 'tests/a.test': 'nine\n' },
      { 'tests/old.test': 'ten\n', 'lib.txt': 'ten\n', 'tests/b.test': 'ten\n' },
    );
    expect((await on(id, 'AGENT')).notes).toEqual([]);
    expect(await Promise.all(changes.map(trialsOf))).toEqual([[], []]);
  });

  it('takes no later side that was made without what is on the branch in these files', async () => {
    await project.commitBehindOurBack({ 'long.txt': long('branch', '') });
    const { id, changes } = await reconcile(
      [
        { 'long.txt': long('', 'eleven'), 'tests/a.test': 'eleven\n' },
        { 'long.txt': long('', 'twelve eleven'), 'tests/b.test': 'twelve\n' },
      ],
      { fromTip: true },
    );
    expect(await work(await on(id, 'TAKE_SIDE'))).toBe('FAILED');
    await on(id, 'AGENT');
    expect(await Promise.all(changes.map(trialsOf))).toEqual([[], PROVEN]);
  });
});

/** A file whose first and last lines merge with each other. */
function long(first: string, last: string): string {
  return `${[first, ...'a b c d e f g h'.split(' '), last].join('\n')}\n`;
}
