import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  CreateLandingRequest,
  CreateReconciliationRequest,
  CreateVerdictRequest,
  Landing_State,
  ListLandingsRequest,
  PlanReconciliationRequest,
  Reconciliation_State,
  Reconciliation_Step,
  ReconciledPath_Outcome,
  Verdict_Decision,
  type Landing,
  type Reconciliation,
} from '@heddle/contracts';
import { HeddleError } from '@heddle/domain';
import { newId } from '@heddle/platform/ids';
import { describeWith, useTemporaryDirectories } from '@heddle/testing';
import { reviewFixture, type ReviewFixture } from '../testing/review-fixture.js';
import { SampleProject, type Edits, type SampleChange } from '../testing/sample-project.js';
import { ReconciliationDriver } from './reconciliation-driver.js';

// Not within: what is removed there is removed before the service is stopped.
const temporary = useTemporaryDirectories();

const LINES = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight'];

function lines(edit: Readonly<Record<string, string>>): string {
  return `${LINES.map((line) => edit[line] ?? line).join('\n')}\n`;
}

await describeWith(['postgres', 'nats', 'temporal'], 'reconciling changes', (servers) => {
  let fixture: ReviewFixture;
  let project: SampleProject;

  beforeAll(async () => {
    const directory = await temporary('review');
    fixture = await reviewFixture(servers, join(directory, 'data'));
    project = await SampleProject.create(fixture, join(directory, 'shop.git'), {
      'list.txt': lines({}),
      'README.md': 'shop\n',
    });
    fixture.scheduler.checkNames = ['unit'];
  });
  afterAll(() => fixture.close());

  const ids = (changes: readonly SampleChange[]): string[] => changes.map(({ changeId }) => changeId);
  const get = (id: string): Promise<Reconciliation> => fixture.clients.reconciliations.getReconciliation({ id });

  async function create(changes: readonly SampleChange[], requestId = newId()): Promise<Reconciliation> {
    return fixture.clients.reconciliations.createReconciliation(
      CreateReconciliationRequest.fromPartial({ requestId, changeIds: ids(changes), keepOrder: true }),
    );
  }

  /** The task that the scheduler was asked for, once the row knows of it. */
  async function engaged(id: string, step: 'MERGE' | 'AGENT') {
    await until(async () => {
      const { step: now, taskId } = await get(id);
      return now === Reconciliation_Step[step] && taskId !== '';
    });
    const task = fixture.scheduler.reconcileTasks.task(id, step);
    if (task === undefined) throw new Error('the scheduler was not asked');
    return task;
  }

  /** What a runner and the scheduler do with a task: the tree is captured and checked, and the attempt ends. */
  async function work(
    task: { taskId: string; attemptId: string },
    edits: Edits,
    check: 'PASSED' | 'FAILED',
    number = 1,
  ): Promise<SampleChange> {
    const made = await project.capture(edits, { ...task, number });
    fixture.scheduler.checked(task.attemptId, made.treeId, { unit: check });
    fixture.scheduler.reconcileTasks.ended(task.attemptId, 'COMPLETED');
    await tell(task.attemptId);
    return made;
  }

  /** The attempt's event, twice as JetStream may. */
  async function tell(attemptId: string): Promise<void> {
    const driver = fixture.app.get(ReconciliationDriver);
    for (let time = 0; time < 2; time += 1) await driver.take({ data: { attempt: { id: attemptId } } });
  }

  const settled = (id: string): Promise<Reconciliation> =>
    until(async () => {
      const found = await get(id);
      return found.endTime !== undefined || found.state === Reconciliation_State.WAITING_FOR_USER ? found : undefined;
    });

  async function landingsOf({ changeId }: SampleChange): Promise<Landing[]> {
    return (await fixture.clients.landings.listLandings(ListLandingsRequest.fromPartial({ changeId }))).landings;
  }

  async function land(changeId: string): Promise<Landing> {
    const verdict = { changeId, requestId: newId(), verdict: Verdict_Decision.APPROVE };
    await fixture.clients.changes.createVerdict(CreateVerdictRequest.fromPartial(verdict));
    const landing = await fixture.clients.landings.createLanding(CreateLandingRequest.fromPartial({ changeId }));
    return fixture.clients.landings.waitLanding({ id: landing.id, timeout: { seconds: '60', nanos: 0 } });
  }

  it('plans: in the order that leaves least to do again, with what conflicts left out, and keeps nothing', async () => {
    const a = await project.capture({ 'list.txt': lines({ two: 'TWO' }), 'a.txt': 'a\n'.repeat(60) });
    const b = await project.capture({ 'list.txt': lines({ two: 'zwei' }) });
    const c = await project.capture({ 'list.txt': lines({ seven: 'SEVEN' }) });
    const { reconciliations } = fixture.clients;
    const plan = await reconciliations.planReconciliation(
      PlanReconciliationRequest.fromPartial({ changeIds: ids([b, a, c]) }),
    );
    // The large one is dear to be done again: it comes before what conflicts with it.
    expect(plan.suggestedOrder.indexOf(a.changeId)).toBeLessThan(plan.suggestedOrder.indexOf(b.changeId));
    const conflicting = plan.steps.find(({ changeId }) => changeId === b.changeId);
    expect(conflicting).toMatchObject({ clean: false, conflicts: [{ path: 'list.txt', type: 'CONFLICT (contents)' }] });
    const both = await project.capture({
      'list.txt': lines({ two: 'TWO', seven: 'SEVEN' }),
      'a.txt': 'a\n'.repeat(60),
    });
    expect(plan).toMatchObject({ clean: false, treeId: both.treeId, baseCommit: project.base });
    const given = await reconciliations.planReconciliation(
      PlanReconciliationRequest.fromPartial({ changeIds: ids([b, a, c]), keepOrder: true }),
    );
    expect(given.steps.map(({ clean }) => clean)).toEqual([true, false, true]);
  });

  it('refuses what is no set of changes', async () => {
    const a = await project.capture({ 'x.txt': 'x\n' });
    const empty = await project.capture({});
    const { reconciliations } = fixture.clients;
    const plan = (...changeIds: string[]) =>
      reconciliations.planReconciliation(PlanReconciliationRequest.fromPartial({ changeIds })).catch(reasonOf);
    const b = await project.capture({ 'y.txt': 'y\n' });
    for (const kind of ['', 'FOO']) {
      const request = CreateReconciliationRequest.fromPartial({ changeIds: ids([a, b]), agent: { kind } });
      expect(await reconciliations.createReconciliation(request).catch(reasonOf)).toBe('FIELD_INVALID');
    }
    expect(await plan(a.changeId)).toBe('FIELD_INVALID');
    expect(await plan(a.changeId, a.changeId)).toBe('FIELD_INVALID');
    expect(await plan(a.changeId, newId())).toBe('CHANGE_NOT_FOUND');
    expect(await plan(a.changeId, empty.changeId)).toBe('CHANGE_EMPTY');
    expect(await get(newId()).catch(reasonOf)).toBe('RECONCILIATION_NOT_FOUND');
  });

  it('has the line merge as its result where all merge and pass, and lands its inputs with it', async () => {
    const a = await project.capture({ 'list.txt': lines({ one: 'ONE' }) });
    const b = await project.capture({ 'list.txt': lines({ eight: 'EIGHT' }), 'b.txt': 'b\n' });
    const requestId = newId();
    const made = await create([a, b], requestId);
    expect((await create([a, b], requestId)).id).toBe(made.id);
    const task = await engaged(made.id, 'MERGE');
    const asked = fixture.scheduler.reconcileTasks.requests.filter(({ key }) => key.startsWith(made.id));
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({ mergeOnly: true, baseCommit: project.base, targetBranch: 'trunk' });
    const whole = { 'list.txt': lines({ one: 'ONE', eight: 'EIGHT' }), 'b.txt': 'b\n' };
    const start = await project.git(storeOf(), 'rev-parse', `${asked[0]?.startCommit ?? ''}^{tree}`);
    const result = await work(task, whole, 'PASSED');
    expect(start).toBe(result.treeId);

    const done = await settled(made.id);
    expect(done).toMatchObject({ state: Reconciliation_State.SUCCEEDED, changeId: result.changeId });
    expect(done.inputs.map(({ merged, paths }) => [merged, paths.map(({ path, outcome }) => [path, outcome])])).toEqual(
      [
        [true, [['list.txt', ReconciledPath_Outcome.CHANGED]]],
        [
          true,
          [
            ['b.txt', ReconciledPath_Outcome.KEPT],
            ['list.txt', ReconciledPath_Outcome.CHANGED],
          ],
        ],
      ],
    );
    const change = await fixture.clients.changes.getChange({ id: result.changeId });
    const parents = await project.git(storeOf(), 'rev-list', '--parents', '-1', change.headCommit);
    expect(parents.split(' ').slice(1)).toEqual([a.commit, b.commit]);
    expect(await project.git(storeOf(), 'rev-parse', change.ref)).toBe(change.headCommit);

    const landing = await land(result.changeId);
    expect(landing.state).toBe(Landing_State.LANDED);
    for (const input of [a, b]) {
      expect(await landingsOf(input)).toMatchObject([
        { state: Landing_State.LANDED, reason: 'LANDED_VIA', landedCommit: landing.landedCommit },
      ]);
      expect(await land(input.changeId).catch(reasonOf)).toBe('ALREADY_LANDED');
    }
    expect(await project.git(project.path, 'show', 'trunk:b.txt')).toBe('b');

    // What came with it goes with it, and not alone.
    const [via] = await landingsOf(a);
    const alone = fixture.clients.landings.revertLanding({ id: via?.id ?? '', requestId: newId(), priority: 0 });
    expect(await alone.catch(reasonOf)).toBe('LANDING_NOT_LANDED');
    const { id } = await fixture.clients.landings.revertLanding({ id: landing.id, requestId: newId(), priority: 0 });
    const reverted = await fixture.clients.landings.waitLanding({ id, timeout: { seconds: '60', nanos: 0 } });
    expect(reverted.state).toBe(Landing_State.LANDED);
    for (const input of [a, b]) expect(await landingsOf(input)).toMatchObject([{ revertedByLandingId: id }]);
  });

  it('has an agent where the merge does not pass, and a person where the agent leaves conflict markers', async () => {
    const a = await project.capture({ 'p.txt': 'p\n' });
    const b = await project.capture({ 'q.txt': 'q\n' });
    const made = await create([a, b]);
    const merge = await engaged(made.id, 'MERGE');
    await work(merge, { 'p.txt': 'p\n', 'q.txt': 'q\n' }, 'FAILED');
    const agent = await engaged(made.id, 'AGENT');
    const asked = fixture.scheduler.reconcileTasks.requests.find(({ key }) => key === `${made.id}/AGENT`);
    expect(asked).toMatchObject({ mergeOnly: false, failed: 'unit (FAILED)' });
    expect(asked?.inputs[0]?.patch).toContain('+p');

    const marked = { 'p.txt': '<<<<<<< ours\np\n=======\nq\n>>>>>>> theirs\n', 'q.txt': 'q\n' };
    const first = await work(agent, marked, 'PASSED');
    expect(await settled(made.id)).toMatchObject({
      state: Reconciliation_State.WAITING_FOR_USER,
      reason: 'CONFLICT_MARKERS',
      changeId: first.changeId,
    });
    expect(await land(first.changeId).catch(reasonOf)).toBe('CHANGE_PARTIAL');

    // A further turn of the same attempt.
    await work(agent, { 'p.txt': 'p and q\n' }, 'PASSED', 2);
    const done = await until(async () => {
      const found = await get(made.id);
      return found.endTime === undefined ? undefined : found;
    });
    expect(done.state).toBe(Reconciliation_State.SUCCEEDED);
    expect(done.inputs.flatMap(({ paths }) => paths.map(({ outcome }) => outcome))).toEqual([
      ReconciledPath_Outcome.CHANGED,
      ReconciledPath_Outcome.DROPPED,
    ]);
  });

  it('gives an agent both sides of what does not merge, and begins with what does', async () => {
    const a = await project.capture({ 'README.md': 'shop of A\n', 'n.txt': 'n\n' });
    const b = await project.capture({ 'README.md': 'shop of B\n', 'o.txt': 'o\n' });
    const made = await create([a, b]);
    await engaged(made.id, 'AGENT');
    const [asked] = fixture.scheduler.reconcileTasks.requests.filter(({ key }) => key.startsWith(made.id));
    expect(asked?.inputs.map(({ merged }) => merged)).toEqual([true, false]);
    const conflict = asked?.inputs[1]?.conflict ?? '';
    for (const word of ['CONFLICT (contents)', '<<<<<<< ', 'shop of A', 'shop of B']) expect(conflict).toContain(word);
    expect(await project.git(storeOf(), 'ls-tree', '--name-only', asked?.startCommit ?? '')).toBe(
      'README.md\nlist.txt\nn.txt',
    );
    const cancelled = await fixture.clients.reconciliations.cancelReconciliation({ id: made.id, requestId: newId() });
    expect(cancelled.state).toBe(Reconciliation_State.CANCELLED);
    await until(() => Promise.resolve(fixture.scheduler.reconcileTasks.cancelled.includes(cancelled.taskId)));
  });

  it('has a person where the agent put nothing of what did not merge into its result', async () => {
    const a = await project.capture({ 'README.md': 'shop with A\n', 'u.txt': 'u\n' });
    const b = await project.capture({ 'README.md': 'shop with B\n' });
    const made = await create([a, b]);
    const agent = await engaged(made.id, 'AGENT');
    await work(agent, { 'README.md': 'shop with A\n', 'u.txt': 'u\n' }, 'PASSED');
    const waits = await settled(made.id);
    expect(waits).toMatchObject({ state: Reconciliation_State.WAITING_FOR_USER, reason: 'INPUT_DROPPED' });
    const outcomes = ({ inputs }: Reconciliation) =>
      inputs.map(({ paths }) => paths.map(({ outcome }) => ReconciledPath_Outcome[outcome]));
    expect(outcomes(waits)).toEqual([['KEPT', 'KEPT'], ['DROPPED']]);

    await work(agent, { 'README.md': 'shop with A and B\n', 'u.txt': 'u\n' }, 'PASSED', 2);
    const done = await until(async () => {
      const found = await get(made.id);
      return found.endTime === undefined ? undefined : found;
    });
    expect(done.state).toBe(Reconciliation_State.SUCCEEDED);
    expect(outcomes(done)).toEqual([['CHANGED', 'KEPT'], ['CHANGED']]);
  });

  it('goes on after review was stopped between the task and its row, also with a result that came before', async () => {
    const a = await project.capture({ 's.txt': 's\n' });
    const b = await project.capture({ 't.txt': 't\n' });
    fixture.scheduler.reconcileTasks.answersToLose = 1_000;
    const made = await create([a, b]);
    const task = await until(() => Promise.resolve(fixture.scheduler.reconcileTasks.task(made.id, 'MERGE')));
    const result = await work(task, { 's.txt': 's\n', 't.txt': 't\n' }, 'PASSED');
    const before = await fixture.clients.changes.getChange({ id: result.changeId });
    expect(before.headCommit).toBe(result.commit);
    await fixture.restart();
    fixture.scheduler.reconcileTasks.answersToLose = 0;
    fixture.app.get(ReconciliationDriver).poke();
    expect(await settled(made.id)).toMatchObject({
      state: Reconciliation_State.SUCCEEDED,
      taskId: task.taskId,
      changeId: result.changeId,
    });
    const change = await fixture.clients.changes.getChange({ id: result.changeId });
    const parents = await project.git(storeOf(), 'rev-list', '--parents', '-1', change.headCommit);
    expect(parents.split(' ').slice(1)).toEqual([a.commit, b.commit]);
  });

  function storeOf(): string {
    return join(project.path, '..', 'data', 'git', `${project.repositoryId}.git`);
  }
});

/** Looks again until there is an answer; the test's own time limit ends it. */
async function until<T>(look: () => Promise<T | undefined | false>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await delay(50);
  }
}

function reasonOf(error: unknown): string {
  if (!HeddleError.is(error)) throw error;
  return error.reason;
}
