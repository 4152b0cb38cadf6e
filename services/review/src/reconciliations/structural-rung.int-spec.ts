import { chmod, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  CreateReconciliationRequest,
  ReconciledPath_Outcome,
  Reconciliation_State,
  Reconciliation_Step,
  UpdateReviewPolicyRequest,
  type Reconciliation,
} from '@heddle/contracts';
import { newId } from '@heddle/platform/ids';
import { describeWith, useTemporaryDirectories } from '@heddle/testing';
import { reviewFixture, type ReviewFixture } from '../testing/review-fixture.js';
import { SampleProject, type Edits, type SampleChange } from '../testing/sample-project.js';
import { ReconciliationDriver } from './reconciliation-driver.js';
import { ReconciliationEntity } from './reconciliation.entity.js';
import { inputsOf } from './reconciliation-rows.js';
import { StructuralRung } from './structural-rung.js';

// Not within: what is removed there is removed before the service is stopped.
const temporary = useTemporaryDirectories();

/** Merges the keys of objects, and does what the path says. */
const DRIVER = `#!/usr/bin/env node
const { readFileSync, writeFileSync } = require('node:fs');
if (process.argv[2] === '--version') { console.log('merge-json 1.2 of somebody'); process.exit(0); }
const [base, ours, theirs] = process.argv.slice(2, 5).map((name) => JSON.parse(readFileSync(name, 'utf8')));
const path = process.argv[5];
const write = (text) => writeFileSync(process.argv[3], text);
if (path.includes('hang')) setInterval(() => undefined, 1000);
else if (path.includes('markers')) write('<<<<<<< ours\\n{}\\n=======\\n{}\\n>>>>>>> theirs\\n');
else if (path.includes('nothing')) process.exit(0);
else if (path.includes('huge')) write('x'.repeat(1_000_000));
else if (path.includes('talk')) { console.log('words of its own'); console.error('more of them'); process.exit(5); }
else if (path.includes('random')) write(JSON.stringify({ ...ours, ...theirs, random: Math.random() }) + '\\n');
else {
  const clash = Object.keys(ours).some((key) => key in theirs && ours[key] !== theirs[key] && base[key] !== theirs[key]);
  if (clash) process.exit(1);
  write(JSON.stringify({ ...ours, ...theirs }) + '\\n');
}
`;

await describeWith(['postgres', 'nats', 'temporal'], 'merging by structure', (servers) => {
  let fixture: ReviewFixture;
  let project: SampleProject;
  let store: string;
  let driver: string;

  beforeAll(async () => {
    const directory = await temporary('review');
    await chmod(directory, 0o755);
    driver = join(directory, 'merge-json');
    await writeFile(driver, DRIVER, { mode: 0o755 });
    fixture = await reviewFixture(servers, join(directory, 'data'), {
      HEDDLE_STRUCTURAL_MERGE: JSON.stringify([driver, '%O', '%A', '%B', '%P']),
      HEDDLE_STRUCTURAL_MERGE_TIMEOUT: '2',
      HEDDLE_STRUCTURAL_MERGE_FILE_BYTES: '1000',
    });
    const names = ['a', 'b', 'hang', 'markers', 'nothing', 'huge', 'talk', 'random', 'large', 'made', 'gone'];
    const files = Object.fromEntries(names.map((name) => [`${name}.json`, '{"v":1}\n']));
    project = await SampleProject.create(fixture, join(directory, 'shop.git'), files);
    store = join(directory, 'data', 'git', `${project.repositoryId}.git`);
    fixture.scheduler.checkNames = ['unit'];
  });
  afterAll(() => fixture.close());

  const git = (...args: string[]): Promise<string> => project.git(store, ...args);

  async function create(...edits: Edits[]): Promise<{ id: string; changes: SampleChange[] }> {
    const changes: SampleChange[] = [];
    for (const edit of edits) changes.push(await project.capture(edit));
    const changeIds = changes.map(({ changeId }) => changeId);
    const { id } = await fixture.clients.reconciliations.createReconciliation(
      CreateReconciliationRequest.fromPartial({ requestId: newId(), changeIds, keepOrder: true }),
    );
    return { id, changes };
  }

  /** The reconciliation on a rung, with its task; the test's own time limit ends it. */
  async function on(id: string, step: 'STRUCTURAL' | 'REGENERATE' | 'AGENT'): Promise<Reconciliation> {
    for (;;) {
      const row = await fixture.clients.reconciliations.getReconciliation({ id });
      if (row.step === Reconciliation_Step[step] && row.taskId !== '') return row;
      await delay(50);
    }
  }

  /** Why it was not tried; other rungs have their own. */
  const notesOf = ({ notes }: Reconciliation) => notes.filter(({ step }) => step === Reconciliation_Step.STRUCTURAL);

  const asked = (id: string) => fixture.scheduler.reconcileTasks.requests.filter(({ key }) => key.startsWith(id));

  /** What a runner and the scheduler do with the rung's task: the tree as it began, checked. */
  async function work({ id, taskId, attemptId }: Reconciliation, unit: 'PASSED' | 'FAILED'): Promise<void> {
    const start = asked(id).at(-1)?.startCommit ?? '';
    const paths = (await git('ls-tree', '-r', '--name-only', start)).split('\n');
    const texts = await Promise.all(paths.map((path) => git('show', `${start}:${path}`)));
    const edits = Object.fromEntries(paths.map((path, index) => [path, `${texts[index] ?? ''}\n`]));
    const made = await project.capture(edits, { taskId, attemptId });
    fixture.scheduler.checked(attemptId, made.treeId, { unit });
    fixture.scheduler.reconcileTasks.ended(attemptId, 'COMPLETED');
    await fixture.app.get(ReconciliationDriver).take({ data: { attempt: { id: attemptId } } });
  }

  it('is the result where the driver merges all that conflicts and the checks pass, and says who has merged', async () => {
    const { id } = await create(
      { 'a.json': '{"v":1,"one":1}\n', 'b.json': '{"v":1,"one":1}\n', 'only-one': '1\n' },
      { 'a.json': '{"v":1,"two":2}\n', 'only-two': '2\n' },
      { 'b.json': '{"v":1,"three":3}\n', 'a.json': '{"v":1,"three":3}\n' },
    );
    const row = await on(id, 'STRUCTURAL');
    expect(asked(id)).toMatchObject([{ key: `${id}/STRUCTURAL`, mergeOnly: true, baseCommit: project.base }]);
    const start = asked(id)[0]?.startCommit ?? '';
    expect(await git('show', `${start}:a.json`)).toBe('{"v":1,"one":1,"two":2,"three":3}');
    expect(await git('show', `${start}:b.json`)).toBe('{"v":1,"one":1,"three":3}');
    expect([await git('show', `${start}:only-one`), await git('show', `${start}:only-two`)]).toEqual(['1', '2']);
    await work(row, 'PASSED');
    const done = await fixture.clients.reconciliations.waitReconciliation({ id, timeout: { seconds: '60', nanos: 0 } });
    expect(done).toMatchObject({
      state: Reconciliation_State.SUCCEEDED,
      step: Reconciliation_Step.STRUCTURAL,
      structural: { driver: 'merge-json 1.2 of somebody', paths: ['a.json', 'b.json'] },
    });
    expect(notesOf(done)).toEqual([]);
    const [first] = done.inputs;
    expect(first?.paths.map(({ path, outcome }) => [path, ReconciledPath_Outcome[outcome]])).toEqual([
      ['a.json', 'CHANGED'],
      ['b.json', 'CHANGED'],
      ['only-one', 'KEPT'],
    ]);
  });

  it('is left for the next rung where what is merged does not pass, and stays on record', async () => {
    const { id } = await create({ 'a.json': '{"v":1,"x":1}\n' }, { 'a.json': '{"v":1,"y":1}\n' });
    await work(await on(id, 'STRUCTURAL'), 'FAILED');
    const row = await on(id, 'AGENT');
    expect(row.structural).toMatchObject({ paths: ['a.json'] });
    const agent = asked(id).at(-1);
    expect(agent).toMatchObject({ mergeOnly: false, failed: 'unit (FAILED)' });
    // The agent begins with what git merges, and has the conflict.
    expect(await git('show', `${agent?.startCommit ?? ''}:a.json`)).toBe('{"v":1,"x":1}');
    expect(agent?.inputs[1]?.conflict).toContain('"y":1');
  });

  it('is what it was after a restart, whatever the driver would do then', async () => {
    const { id } = await create({ 'a.json': '{"v":1,"r":1}\n' }, { 'a.json': '{"v":1,"s":1}\n' });
    await on(id, 'STRUCTURAL');
    const [request] = asked(id);
    await rm(driver);
    await fixture.restart();
    expect(await on(id, 'STRUCTURAL')).toMatchObject({ structural: { driver: 'merge-json 1.2 of somebody' } });
    expect(asked(id).every(({ startCommit }) => startCommit === request?.startCommit)).toBe(true);
    const without = await create({ 'a.json': '{"v":1,"t":1}\n' }, { 'a.json': '{"v":1,"u":1}\n' });
    expect(notesOf(await on(without.id, 'AGENT'))).toMatchObject([
      { reason: 'DRIVER_FAILED', message: expect.stringContaining('merge-json is not there') },
    ]);
    await writeFile(driver, DRIVER, { mode: 0o755 });
  });

  it('keeps what each try has merged, for the row may name either', async () => {
    const { id } = await create({ 'random.json': '{"v":1,"r":1}\n' }, { 'random.json': '{"v":1,"s":1}\n' });
    await on(id, 'STRUCTURAL');
    const { manager } = fixture.dataSource;
    const row = await manager.findOneByOrFail(ReconciliationEntity, { id });
    const again = await fixture.app.get(StructuralRung).of(row, await inputsOf(manager, id));
    const commits = [row.startCommit ?? '', again.rungs[0]?.startCommit ?? ''];
    expect(commits[0]).not.toBe(commits[1]);
    const kept = await git('for-each-ref', '--format=%(objectname)', `refs/heddle/reconciliations/${id}/structural/`);
    expect(kept.split('\n').sort()).toEqual(commits.sort());
  });

  it.each([
    ['does not merge them', 'b.json', 'it exited with 1', '{"v":1,"k":2}\n'],
    ['never ends', 'hang.json', 'it took longer than 2 s'],
    ['leaves markers', 'markers.json', 'it left conflict markers'],
    ['leaves one side as it is', 'nothing.json', 'its result is one side as it was'],
    ['writes without end', 'huge.json', 'it was ended by a signal|it exited with 1'],
    ['fails with words of its own', 'talk.json', 'it exited with 5'],
    ['would get a large file', 'large.json', 'it has more than 1000 bytes', `{"v":1,"l":"${'l'.repeat(2000)}"}\n`],
  ])('is not tried where the driver %s, and says why', async (_, path, why, theirs = '{"v":1,"other":1}\n') => {
    const { id, changes } = await create({ [path]: '{"v":1,"k":1}\n' }, { [path]: theirs });
    const row = await on(id, 'AGENT');
    expect(row.structural).toBeUndefined();
    const [note, ...more] = notesOf(row);
    expect(more).toEqual([]);
    expect(note).toMatchObject({ changeId: changes[1]?.changeId, reason: 'DRIVER_FAILED' });
    expect(note?.message).toMatch(new RegExp(`^${path} is not merged by its structure: (${why})$`));
    expect(asked(id).map(({ key }) => key)).toEqual([`${id}/AGENT`]);
  });

  it('asks for no file once one is not merged', async () => {
    const more = { 'hang.json': '{"v":1,"k":1}\n' };
    const { id } = await create(
      { 'b.json': '{"v":1,"k":1}\n', ...more },
      { 'b.json': '{"v":1,"k":2}\n', 'hang.json': '{"v":2}\n' },
    );
    expect(notesOf(await on(id, 'AGENT')).map(({ message }) => message)).toEqual([
      expect.stringContaining('b.json is not merged'),
    ]);
  });

  it('is not asked where more than contents conflicts, and for no file that is made anew', async () => {
    const notAsked = async (row: Reconciliation): Promise<void> => {
      expect([row.structural, notesOf(row)]).toEqual([undefined, []]);
    };
    const pairs: [Edits, Edits][] = [
      [{ 'gone.json': '{"v":2}\n' }, { 'gone.json': null }],
      [{ 'new.json': '{"a":1}\n' }, { 'new.json': '{"b":1}\n' }],
      [{ 'a.json': '{"v":1}\0\n' }, { 'a.json': '{"v":2}\0\n' }],
    ];
    for (const pair of pairs) await notAsked(await on((await create(...pair)).id, 'AGENT'));
    const reviewPolicy = {
      repositoryId: project.repositoryId,
      regeneration: [{ paths: ['made.json'], command: ['make', 'it'] }],
    };
    await fixture.clients.policies.updateReviewPolicy(
      UpdateReviewPolicyRequest.fromPartial({ reviewPolicy, updateMask: ['regeneration'] }),
    );
    const made = await create({ 'made.json': '{"v":1,"m":1}\n' }, { 'made.json': '{"v":1,"n":1}\n' });
    await notAsked(await on(made.id, 'REGENERATE'));
  });
});
