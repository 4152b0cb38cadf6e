import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { describeWith } from '@heddle/testing';
import { TASK_QUEUES } from '@heddle/contracts/workflows';
import { ApplicationFailure } from '@temporalio/common';
import { FakeRunner, Rows } from '../testing/attempt-fakes.js';
import { bound, WorkflowStage } from '../testing/workflow-stage.js';

await describeWith(['temporal'], 'the attempt workflow', ({ temporal }) => {
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

  it('leads an attempt through its phases, and a repeated start finds nothing to do', async () => {
    const rows = new Rows();
    const runner = new FakeRunner();
    await start(TASK_QUEUES.scheduler, bound(rows), true);
    await startRunner(runner);
    await look('a1');
    await ended('a1');
    expect(rows.states).toEqual(['PROVISIONING', 'RUNNING', 'CHECKING', 'COMPLETED']);
    expect(runner.calls).toEqual(['provision 1', 'runTurn', 'capture', 'runChecks', 'release']);
    expect(rows.steps.at(-1)).toMatchObject({ changeId: 'c1', checks: [{ name: 'unit', state: 'PASSED' }] });
    expect(rows.begins).toBe(1);
    await look('a1');
    await ended('a1');
    expect(runner.calls).toHaveLength(5);
  });

  it('a budget stops an agent, and not the checks of one that has ended', async () => {
    const rows = new Rows();
    const runner = new FakeRunner();
    runner.runUntilStopped();
    await start(TASK_QUEUES.scheduler, bound(rows), true);
    await startRunner(runner);
    await look('b1');
    await rows.reached('RUNNING');
    rows.stop = 'BUDGET_EXHAUSTED';
    await look('b1');
    await ended('b1');
    expect(rows.states).toEqual(['PROVISIONING', 'RUNNING', 'FAILED(BUDGET_EXHAUSTED)']);
    expect(rows.steps.at(-1)).toMatchObject({ changeId: 'c1', turn: { outcome: 'STOPPED' } });
    await stage.stopWorkers();

    const late = new Rows();
    const other = new FakeRunner();
    let checked = (): void => undefined;
    const checks = new Promise<void>((resolve) => (checked = resolve));
    const runChecks = other.runChecks.bind(other);
    other.runChecks = () => checks.then(runChecks);
    await start(TASK_QUEUES.scheduler, bound(late), true);
    await startRunner(other);
    await look('b2');
    await late.reached('CHECKING');
    late.stop = 'BUDGET_EXHAUSTED';
    await look('b2');
    await late.read();
    checked();
    await ended('b2');
    expect(late.states).toEqual(['PROVISIONING', 'RUNNING', 'CHECKING', 'COMPLETED']);
    expect(other.calls).not.toContain('stop BUDGET_EXHAUSTED');
  });

  it('an exit code other than 0 keeps a partial change and runs no checks', async () => {
    const rows = new Rows();
    const runner = new FakeRunner();
    runner.turn = () => Promise.resolve({ outcome: 'EXITED', exitCode: 3, outputTruncated: false });
    runner.keptUntil = 7;
    await start(TASK_QUEUES.scheduler, bound(rows), true);
    await startRunner(runner);
    await look('a2');
    await ended('a2');
    expect(rows.states).toEqual(['PROVISIONING', 'RUNNING', 'FAILED(AGENT_EXIT_CODE)']);
    expect(runner.calls).toEqual(['provision 1', 'runTurn', 'capture partial', 'release']);
    expect(rows.steps.at(-1)).toMatchObject({ changeId: 'c1', turn: { exitCode: 3 } });
    expect(rows.kept).toEqual([7]);
  });

  it('cancels an attempt that no runner has taken', async () => {
    const rows = new Rows();
    await start(TASK_QUEUES.scheduler, bound(rows), true);
    await look('a3');
    while (rows.fence === 0) await look('a3');
    rows.stop = 'CANCELLED';
    await look('a3');
    await ended('a3');
    expect(rows.states).toEqual(['CANCELLED(CANCELLED_BY_USER)']);
  });

  it('cancels a running agent by stop, and keeps what it had', async () => {
    const rows = new Rows();
    const runner = new FakeRunner();
    runner.runUntilStopped();
    await start(TASK_QUEUES.scheduler, bound(rows), true);
    await startRunner(runner);
    await look('a4');
    await rows.reached('RUNNING');
    while (!runner.calls.includes('runTurn')) await new Promise((resolve) => setImmediate(resolve));
    rows.stop = 'CANCELLED';
    await look('a4');
    await ended('a4');
    expect(rows.states).toEqual(['PROVISIONING', 'RUNNING', 'CANCELLED(CANCELLED_BY_USER)']);
    expect(runner.calls).toEqual(['provision 1', 'runTurn', 'stop CANCELLED', 'capture partial', 'release']);
    expect(rows.steps.at(-1)).toMatchObject({ changeId: 'c1' });
  });

  it('claims again with a higher fence when the runner forgot the sandbox', async () => {
    const rows = new Rows(false);
    const runner = new FakeRunner();
    let losses = 0;
    runner.turn = () => {
      losses += 1;
      if (losses === 1) throw ApplicationFailure.nonRetryable('no journal names it', 'SANDBOX_UNKNOWN');
      return Promise.resolve({ outcome: 'EXITED', exitCode: 0, outputTruncated: false });
    };
    await start(TASK_QUEUES.scheduler, bound(rows), true);
    await startRunner(runner);
    await look('a5');
    await ended('a5');
    expect(rows.states).toEqual([
      'PROVISIONING',
      'RUNNING',
      'QUEUED(RUNNER_LOST)',
      'PROVISIONING',
      'RUNNING',
      'COMPLETED',
    ]);
    expect(runner.calls.filter((call) => call.startsWith('provision'))).toEqual(['provision 1', 'provision 2']);
    expect(rows.steps.at(-1)?.restartCount).toBe(1);
  });

  it('is not claimed again while its model cools down, and can be cancelled meanwhile', async () => {
    const rows = new Rows(false);
    const runner = new FakeRunner();
    const losses = [true, false];
    runner.turn = () => {
      if (losses.shift() === true) throw ApplicationFailure.nonRetryable('no journal names it', 'SANDBOX_UNKNOWN');
      return Promise.resolve({ outcome: 'EXITED', exitCode: 0, outputTruncated: false });
    };
    rows.holdUntil = Date.now() + 3_600_000;
    await start(TASK_QUEUES.scheduler, bound(rows), true);
    await startRunner(runner);
    await look('a5-held');
    await rows.reached('QUEUED');
    while (rows.fence < 2) await look('a5-held');
    rows.stop = 'CANCELLED';
    await look('a5-held');
    await ended('a5-held');
    expect(rows.states).toEqual(['PROVISIONING', 'RUNNING', 'QUEUED(RUNNER_LOST)', 'CANCELLED(CANCELLED_BY_USER)']);
    expect(runner.calls.filter((call) => call.startsWith('provision'))).toEqual(['provision 1']);
  });

  it('is claimed again when the cooldown of its model is over', async () => {
    const rows = new Rows(false);
    const runner = new FakeRunner();
    const losses = [true, false];
    runner.turn = () => {
      if (losses.shift() === true) throw ApplicationFailure.nonRetryable('no journal names it', 'SANDBOX_UNKNOWN');
      return Promise.resolve({ outcome: 'EXITED', exitCode: 0, outputTruncated: false });
    };
    rows.holdUntil = Date.now();
    const raise = rows.raiseFence.bind(rows);
    rows.raiseFence = async () => {
      const claim = await raise();
      rows.holdUntil = undefined;
      return claim;
    };
    await start(TASK_QUEUES.scheduler, bound(rows), true);
    await startRunner(runner);
    await look('a5-over');
    await ended('a5-over');
    expect(rows.states.slice(2)).toEqual(['QUEUED(RUNNER_LOST)', 'PROVISIONING', 'RUNNING', 'COMPLETED']);
    expect(runner.calls.filter((call) => call.startsWith('provision'))).toEqual(['provision 1', 'provision 3']);
  });

  it('asks for a stop again when it failed', async () => {
    const rows = new Rows();
    const runner = new FakeRunner();
    runner.runUntilStopped();
    let failures = 0;
    runner.stopError = () => {
      failures += 1;
      return failures === 1 ? ApplicationFailure.nonRetryable('the supervisor was away', 'STOP_FAILED') : undefined;
    };
    await start(TASK_QUEUES.scheduler, bound(rows), true);
    await startRunner(runner);
    await look('a8');
    await rows.reached('RUNNING');
    while (!runner.calls.includes('runTurn')) await new Promise((resolve) => setImmediate(resolve));
    rows.stop = 'CANCELLED';
    await look('a8');
    await ended('a8');
    expect(rows.states).toEqual(['PROVISIONING', 'RUNNING', 'CANCELLED(CANCELLED_BY_USER)']);
    expect(runner.calls.filter((call) => call.startsWith('stop'))).toHaveLength(2);
  });

  it('pauses and resumes a running agent, and asks again where that failed', async () => {
    const rows = new Rows(false);
    const runner = new FakeRunner();
    runner.runUntilStopped();
    let failures = 0;
    runner.pauseError = () => {
      failures += 1;
      return failures === 1 ? ApplicationFailure.nonRetryable('it did not freeze', 'PAUSE_FAILED') : undefined;
    };
    await start(TASK_QUEUES.scheduler, bound(rows), true);
    await startRunner(runner);
    await look('p1');
    await rows.reached('RUNNING');
    while (!runner.calls.includes('runTurn')) await new Promise((resolve) => setImmediate(resolve));
    rows.pause = true;
    await look('p1');
    while (rows.pauses.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await look('p1');
    rows.pause = false;
    await look('p1');
    while (rows.pauses.length === 1) await new Promise((resolve) => setImmediate(resolve));
    runner.endTurn();
    await ended('p1');
    expect(rows.pauses).toEqual([true, false]);
    expect(rows.states).toEqual(['PROVISIONING', 'RUNNING', 'COMPLETED']);
    expect(runner.calls).toEqual(['provision 1', 'runTurn', 'pause', 'pause', 'resume', 'capture', 'release']);
  });

  it('a paused attempt whose runner was lost is paused again before its agent runs, and can be cancelled', async () => {
    const rows = new Rows(false);
    const runner = new FakeRunner();
    runner.runUntilStopped();
    await start(TASK_QUEUES.scheduler, bound(rows), true);
    await startRunner(runner);
    rows.pause = true;
    await look('p2');
    await rows.reached('RUNNING');
    while (rows.pauses.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(runner.calls).not.toContain('runTurn');
    rows.stop = 'CANCELLED';
    await look('p2');
    await rows.reached('CANCELLED');
    expect(rows.states).toEqual(['PROVISIONING', 'RUNNING', 'CANCELLED(CANCELLED_BY_USER)']);
    await ended('p2');
  });

  it('gives up after three lost runners', async () => {
    const rows = new Rows();
    const runner = new FakeRunner();
    runner.turn = () => Promise.reject(ApplicationFailure.nonRetryable('no journal names it', 'SANDBOX_UNKNOWN'));
    await start(TASK_QUEUES.scheduler, bound(rows), true);
    await startRunner(runner);
    await look('a9');
    await ended('a9');
    expect(rows.states.at(-1)).toBe('FAILED(RUNNER_LOST)');
    expect(runner.calls.filter((call) => call.startsWith('provision'))).toHaveLength(3);
  });

  it('gives up with the reason of a phase that broke at three claims', async () => {
    const rows = new Rows();
    const runner = new FakeRunner();
    runner.provisionError = () => ApplicationFailure.nonRetryable('no room on the disk', 'PROVISION_FAILED');
    await start(TASK_QUEUES.scheduler, bound(rows), true);
    await startRunner(runner);
    await look('a6');
    await ended('a6');
    expect(rows.states.at(-1)).toBe('FAILED(PROVISION_FAILED)');
    expect(runner.calls.filter((call) => call.startsWith('provision'))).toHaveLength(3);
    expect(rows.steps.at(-1)?.message).toContain('no room on the disk');
  });

  it('ends at once with a set-up that failed: another claim would run the same script', async () => {
    const rows = new Rows();
    const runner = new FakeRunner();
    runner.provisionError = () => ApplicationFailure.nonRetryable('exit code 3', 'SETUP_SCRIPT_FAILED');
    await start(TASK_QUEUES.scheduler, bound(rows), true);
    await startRunner(runner);
    await look('a10');
    await ended('a10');
    expect(rows.states).toEqual(['PROVISIONING', 'FAILED(SETUP_SCRIPT_FAILED)']);
    expect(rows.steps.at(-1)).toMatchObject({ message: 'exit code 3' });
    expect(runner.calls.at(-1)).toBe('release');
  });

  it('says nothing more once a newer fence is out', async () => {
    const rows = new Rows();
    const runner = new FakeRunner();
    runner.provisionError = () => {
      rows.steps.push({
        attemptId: 'a7',
        transition: rows.steps.length + 1,
        state: 'CANCELLED',
        statusDetail: 'CANCELLED_BY_USER',
      });
      return ApplicationFailure.nonRetryable('newer', 'FENCE_SUPERSEDED');
    };
    await start(TASK_QUEUES.scheduler, bound(rows), true);
    await startRunner(runner);
    await look('a7');
    await ended('a7');
    expect(rows.states).toEqual(['PROVISIONING', 'CANCELLED(CANCELLED_BY_USER)']);
    expect(runner.calls).toEqual(['provision 1']);
  });
});
