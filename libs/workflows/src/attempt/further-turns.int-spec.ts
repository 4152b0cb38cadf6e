import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { describeWith } from '@heddle/testing';
import { TASK_QUEUES, type TurnResult } from '@heddle/contracts/workflows';
import { FakeRunner, Rows } from '../testing/attempt-fakes.js';
import { bound, WorkflowStage } from '../testing/workflow-stage.js';

await describeWith(['temporal'], 'modes and further turns of the attempt workflow', ({ temporal }) => {
  let stage: WorkflowStage;

  beforeAll(async () => {
    stage = await WorkflowStage.open(temporal);
  });
  afterEach(() => stage.stopWorkers());
  afterAll(() => stage.close());

  const start = (taskQueue: string, activities: object, withWorkflows = false): Promise<void> =>
    stage.start(taskQueue, activities, withWorkflows);
  const startRunner = (runner: FakeRunner): Promise<void> => stage.startRunner(runner);
  const look = (attemptId: string): Promise<void> => stage.look('attempt', attemptId);
  const ended = (attemptId: string): Promise<void> => stage.ended('attempt', attemptId);

  const ANSWERED: TurnResult = {
    outcome: 'EXITED',
    exitCode: 0,
    outputTruncated: false,
    report: { completed: true, answer: 'In src/cart.js.' },
  };
  const UNCHANGED = { changeId: '', commit: 'f00d', treeId: 'beef', empty: true };

  it('a question ends with its answer, without checks; a change instead of one fails it', async () => {
    for (const [id, captured, end] of [
      ['m1', UNCHANGED, 'COMPLETED'],
      ['m2', { ...UNCHANGED, changeId: 'c1', empty: false }, 'FAILED(ASK_LEFT_CHANGE)'],
    ] as const) {
      const rows = new Rows();
      rows.mode = 'ASK';
      const runner = new FakeRunner();
      runner.turn = () => Promise.resolve(ANSWERED);
      runner.captured = captured;
      await start(TASK_QUEUES.scheduler, bound(rows), true);
      await startRunner(runner);
      await look(id);
      await ended(id);
      expect(rows.states).toEqual(['PROVISIONING', 'RUNNING', end]);
      expect(runner.calls).toEqual(['provision 1', 'runTurn', 'capture', 'release']);
      expect(rows.steps.at(-1)).toMatchObject({ turn: { report: { answer: 'In src/cart.js.' } } });
      await stage.stopWorkers();
    }
  });

  it('a plan waits with nothing running, and is carried out once it is approved', async () => {
    const rows = new Rows();
    rows.mode = 'PLAN';
    const runner = new FakeRunner();
    runner.turn = () => Promise.resolve(ANSWERED);
    runner.captured = UNCHANGED;
    await start(TASK_QUEUES.scheduler, bound(rows), true);
    await startRunner(runner);
    await look('m3');
    await ended('m3');
    expect(rows.states).toEqual(['PROVISIONING', 'RUNNING', 'WAITING_FOR_USER(PLAN_APPROVAL)']);
    expect(runner.calls.at(-1)).toBe('release');
    await look('m3');
    await ended('m3');
    expect(rows.states).toHaveLength(3);
    rows.approve();
    runner.captured = { ...UNCHANGED, changeId: 'c1', empty: false };
    await look('m3');
    await ended('m3');
    expect(rows.states.slice(3)).toEqual(['PROVISIONING', 'RUNNING', 'CHECKING', 'COMPLETED']);
    expect(runner.calls.filter((call) => call.startsWith('provision'))).toEqual(['provision 1', 'provision 2']);
  });

  it('a plan that waits can be cancelled', async () => {
    const rows = new Rows();
    rows.mode = 'PLAN';
    const runner = new FakeRunner();
    runner.turn = () => Promise.resolve(ANSWERED);
    runner.captured = UNCHANGED;
    await start(TASK_QUEUES.scheduler, bound(rows), true);
    await startRunner(runner);
    await look('m4');
    await rows.reached('WAITING_FOR_USER');
    rows.stop = 'CANCELLED';
    await look('m4');
    await ended('m4');
    expect(rows.states.slice(2)).toEqual(['WAITING_FOR_USER(PLAN_APPROVAL)', 'CANCELLED(CANCELLED_BY_USER)']);
    expect(runner.calls.filter((call) => call.startsWith('provision'))).toEqual(['provision 1']);
  });

  it('takes a message that waited as the next turn, in a sandbox of its own', async () => {
    const rows = new Rows(false);
    const runner = new FakeRunner();
    rows.waitingTurns = 1;
    await start(TASK_QUEUES.scheduler, bound(rows), true);
    await startRunner(runner);
    await look('t1');
    await ended('t1');
    expect(rows.states).toEqual([
      'PROVISIONING',
      'RUNNING',
      'QUEUED(after COMPLETED)',
      'PROVISIONING',
      'RUNNING',
      'COMPLETED',
    ]);
    const turn = ['runTurn', 'capture', 'release'];
    expect(runner.calls).toEqual(['provision 1', ...turn, 'provision 2', ...turn]);
    expect(rows.steps.at(-1)).toMatchObject({ captured: { commit: 'f00d', treeId: 'beef' } });
  });

  it('interrupts the turn that runs, keeps its tree and begins the next one', async () => {
    const rows = new Rows(false);
    const runner = new FakeRunner();
    runner.runUntilStopped();
    await start(TASK_QUEUES.scheduler, bound(rows), true);
    await startRunner(runner);
    await look('t2');
    await rows.reached('RUNNING');
    while (!runner.calls.includes('runTurn')) await new Promise((resolve) => setImmediate(resolve));
    // Of a turn that is over.
    rows.interrupt = 0;
    await look('t2');
    rows.waitingTurns = 1;
    rows.interrupt = 1;
    await look('t2');
    await rows.reached('QUEUED');
    runner.turn = () => Promise.resolve({ outcome: 'EXITED', exitCode: 0, outputTruncated: false });
    await ended('t2');
    expect(rows.states).toEqual([
      'PROVISIONING',
      'RUNNING',
      'QUEUED(after FAILED)',
      'PROVISIONING',
      'RUNNING',
      'COMPLETED',
    ]);
    expect(runner.calls.slice(0, 5)).toEqual([
      'provision 1',
      'runTurn',
      'stop INTERRUPTED',
      'capture partial',
      'release',
    ]);
  });
});
