import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  CreateReconciliationRequest,
  Reconciliation_State,
  Reconciliation_Step,
  UpdateReviewPolicyRequest,
  type Reconciliation,
} from '@heddle/contracts';
import type { CreateReconcileTaskRequest } from '@heddle/contracts/internal';
import { newId } from '@heddle/platform/ids';
import { describeWith, useTemporaryDirectories } from '@heddle/testing';
import { reviewFixture, type ReviewFixture } from '../testing/review-fixture.js';
import { SampleProject, type Edits } from '../testing/sample-project.js';
import { ReconciliationDriver } from './reconciliation-driver.js';

// Not within: what is removed there is removed before the service is stopped.
const temporary = useTemporaryDirectories();

const LOCK = 'one 1\n\n\n\ntwo 1\n';
const MAKE_LOCK = ['make', 'the lock'];

await describeWith(['postgres', 'nats', 'temporal'], 'reconciling resource files', (servers) => {
  let fixture: ReviewFixture;
  let project: SampleProject;
  let store: string;

  beforeAll(async () => {
    const directory = await temporary('review');
    fixture = await reviewFixture(servers, join(directory, 'data'));
    const files = { 'package-lock.json': LOCK, 'web/go.sum': LOCK, 'a.txt': 'a\n' };
    project = await SampleProject.create(fixture, join(directory, 'shop.git'), files);
    store = join(directory, 'data', 'git', `${project.repositoryId}.git`);
    fixture.scheduler.checkNames = ['unit'];
    const rules = [
      { paths: ['package-lock.json'], command: MAKE_LOCK },
      { paths: ['**/go.sum'], command: ['tidy'] },
    ];
    await setRules(rules);
  });
  afterAll(() => fixture.close());

  function setRules(regeneration: { paths: string[]; command: string[] }[]) {
    const reviewPolicy = { repositoryId: project.repositoryId, regeneration };
    return fixture.clients.policies.updateReviewPolicy(
      UpdateReviewPolicyRequest.fromPartial({ reviewPolicy, updateMask: ['regeneration'] }),
    );
  }

  async function create(...edits: Edits[]): Promise<string> {
    const changeIds: string[] = [];
    for (const edit of edits) changeIds.push((await project.capture(edit)).changeId);
    const request = { requestId: newId(), changeIds, keepOrder: true };
    const made = await fixture.clients.reconciliations.createReconciliation(
      CreateReconciliationRequest.fromPartial(request),
    );
    return made.id;
  }

  /** The reconciliation, once it is so; the test's own time limit ends it. */
  async function until(id: string, holds: (row: Reconciliation) => boolean): Promise<Reconciliation> {
    for (;;) {
      const row = await fixture.clients.reconciliations.getReconciliation({ id });
      if (holds(row)) return row;
      await delay(50);
    }
  }

  const on = (id: string, step: 'MERGE' | 'REGENERATE' | 'AGENT'): Promise<Reconciliation> =>
    until(id, (row) => row.step === Reconciliation_Step[step] && row.taskId !== '');

  function asked(id: string): CreateReconcileTaskRequest[] {
    return fixture.scheduler.reconcileTasks.requests.filter(({ key }) => key.startsWith(id));
  }

  /** What a runner and the scheduler do with the rung's task. */
  async function work(
    { taskId, attemptId }: Reconciliation,
    edits: Edits,
    unit: 'PASSED' | 'FAILED',
    end: 'COMPLETED' | 'FAILED' = 'COMPLETED',
  ): Promise<void> {
    const made = await project.capture(edits, { taskId, attemptId });
    fixture.scheduler.checked(attemptId, made.treeId, { unit });
    fixture.scheduler.reconcileTasks.ended(attemptId, end);
    await fixture.app.get(ReconciliationDriver).take({ data: { attempt: { id: attemptId } } });
  }

  const show = (commit: string, path: string): Promise<string> => project.git(store, 'show', `${commit}:${path}`);

  it('has them made anew where nothing else conflicts, from what was there before', async () => {
    const id = await create(
      { 'package-lock.json': 'one 2\n', 'a.txt': 'A\n' },
      { 'package-lock.json': 'one 3\n', 'b.txt': 'b\n' },
    );
    const row = await on(id, 'REGENERATE');
    const [request] = asked(id);
    expect(request).toMatchObject({ command: MAKE_LOCK, mergeOnly: false, baseCommit: project.base });
    const start = request?.startCommit ?? '';
    expect([await show(start, 'package-lock.json'), await show(start, 'a.txt'), await show(start, 'b.txt')]).toEqual([
      'one 2',
      'A',
      'b',
    ]);
    await work(row, { 'package-lock.json': 'one 2\ntwo 3\n', 'a.txt': 'A\n', 'b.txt': 'b\n' }, 'PASSED');
    const done = await until(id, ({ endTime }) => endTime !== undefined);
    expect(done).toMatchObject({ state: Reconciliation_State.SUCCEEDED, step: Reconciliation_Step.REGENERATE });
    expect(done.inputs.map(({ merged, conflicts }) => [merged, conflicts.map(({ path }) => path)])).toEqual([
      [true, []],
      [false, ['package-lock.json']],
    ]);
  });

  it('runs each rule that is needed once, in the order of the policy', async () => {
    const id = await create(
      { 'package-lock.json': 'one 2\n', 'web/go.sum': 'one 2\n' },
      { 'package-lock.json': 'one 3\n', 'web/go.sum': null },
    );
    await on(id, 'REGENERATE');
    const words = asked(id)[0]?.command ?? [];
    expect([words[0], words.slice(3)]).toEqual(['sh', ['heddle', '2', ...MAKE_LOCK, '1', 'tidy']]);
  });

  it('leaves it to an agent where another file conflicts too, or where the commands do not help', async () => {
    const other = await create(
      { 'package-lock.json': '2\n', 'a.txt': 'A\n' },
      { 'package-lock.json': '3\n', 'a.txt': 'B\n' },
    );
    await on(other, 'AGENT');
    expect(asked(other)).toHaveLength(1);

    const failing = await create({ 'package-lock.json': 'one 4\n' }, { 'package-lock.json': 'one 5\n' });
    await work(await on(failing, 'REGENERATE'), { 'package-lock.json': 'half' }, 'PASSED', 'FAILED');
    await on(failing, 'AGENT');
    const [, agent] = asked(failing);
    expect(agent).toMatchObject({ command: [], failed: 'what makes files anew (FAILED)' });
    // The agent begins with what merges, and has the conflict.
    expect(await show(agent?.startCommit ?? '', 'package-lock.json')).toBe('one 4');
    expect(agent?.inputs[1]?.conflict).toContain('one 5');
  });

  it('has them made anew also where they merge, and what is merged does not pass', async () => {
    const id = await create(
      { 'package-lock.json': LOCK.replace('one 1', 'one 6') },
      { 'package-lock.json': LOCK.replace('two 1', 'two 6') },
    );
    const merged = LOCK.replace('one 1', 'one 6').replace('two 1', 'two 6');
    await work(await on(id, 'MERGE'), { 'package-lock.json': merged }, 'FAILED');
    await work(await on(id, 'REGENERATE'), { 'package-lock.json': `${merged}made\n` }, 'PASSED');
    expect(await until(id, ({ endTime }) => endTime !== undefined)).toMatchObject({
      state: Reconciliation_State.SUCCEEDED,
    });
    expect(asked(id).map(({ key, command }) => [key.slice(id.length + 1), command])).toEqual([
      ['MERGE', []],
      ['REGENERATE', MAKE_LOCK],
    ]);
  });

  it('refuses rules that name no file or run nothing', async () => {
    const invalid = { reason: 'FIELD_INVALID' };
    await expect(setRules([{ paths: ['../lock'], command: ['make'] }])).rejects.toMatchObject(invalid);
    await expect(setRules([{ paths: [], command: ['make'] }])).rejects.toMatchObject(invalid);
    await expect(setRules([{ paths: ['lock'], command: [] }])).rejects.toMatchObject(invalid);
  });
});
