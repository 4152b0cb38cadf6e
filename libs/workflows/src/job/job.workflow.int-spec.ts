import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { describeWith } from '@heddle/testing';
import { TASK_QUEUES, type SetupResult } from '@heddle/contracts/workflows';
import { ApplicationFailure } from '@temporalio/common';
import { FakeRunner, NO_SETUP } from '../testing/attempt-fakes.js';
import { JobRows } from '../testing/job-fakes.js';
import { bound, RUNNER, WorkflowStage } from '../testing/workflow-stage.js';

await describeWith(['temporal'], 'the job workflow', ({ temporal }) => {
  let stage: WorkflowStage;
  let rows: JobRows;
  let runner: FakeRunner;

  beforeAll(async () => {
    stage = await WorkflowStage.open(temporal);
  });
  beforeEach(() => {
    rows = new JobRows();
    runner = new FakeRunner();
  });
  afterEach(() => stage.stopWorkers());
  afterAll(() => stage.close());

  async function run(id: string): Promise<void> {
    await stage.startRows(rows);
    await stage.startRunner(runner);
    await stage.look('job', id);
    await stage.ended('job', id);
  }

  it('tries the set-up, then the checks, and a repeated start finds nothing to do', async () => {
    await run('j1');
    expect(rows.states).toEqual(['RUNNING', 'RUNNING', 'RUNNING', 'SUCCEEDED']);
    expect(runner.calls).toEqual(['provision 1', 'trySetup', 'runChecks', 'release']);
    expect(rows.steps.at(-1)).toMatchObject({ setup: { durationMs: 7 }, checks: [{ state: 'PASSED' }] });
    await stage.look('job', 'j1');
    await stage.ended('job', 'j1');
    expect(runner.calls).toHaveLength(4);
  });

  it('runs no checks where nobody asked for them', async () => {
    rows = new JobRows(0);
    await run('j2');
    expect(rows.states).toEqual(['RUNNING', 'RUNNING', 'SUCCEEDED']);
    expect(runner.calls).toEqual(['provision 1', 'trySetup', 'release']);
  });

  it('ends with what is wrong with the set-up, without checks, and gives the slot back', async () => {
    const failed: SetupResult = {
      ...NO_SETUP,
      outcome: 'FAILED',
      reason: 'SETUP_SCRIPT_FAILED',
      message: 'exit code 1',
    };
    runner.setup = () => Promise.resolve(failed);
    await run('j3');
    expect(rows.states.at(-1)).toBe('FAILED(SETUP_SCRIPT_FAILED)');
    expect(rows.steps.at(-1)).toMatchObject({ message: 'exit code 1', setup: failed, checks: [] });
    expect(runner.calls).toEqual(['provision 1', 'trySetup', 'release']);
  });

  it('ends at once for what no other claim would change, and after three for what one might', async () => {
    const failure = (type: string) => ApplicationFailure.create({ type, message: type, nonRetryable: true });
    runner.provisionError = () => failure('ROOTFS_NOT_ALLOWED');
    await run('j4');
    expect(rows.states).toEqual(['RUNNING', 'FAILED(ROOTFS_NOT_ALLOWED)']);
    const again = new JobRows();
    runner.provisionError = () => failure('EGRESS_UNAVAILABLE');
    await stage.stopWorkers();
    rows = again;
    await run('j5');
    const queued = ['RUNNING', 'QUEUED(EGRESS_UNAVAILABLE)'];
    expect(rows.states).toEqual([...queued, ...queued, 'RUNNING', 'FAILED(EGRESS_UNAVAILABLE)']);
  });

  it('is claimed again where its runner was lost, with a new fence', async () => {
    runner.provisionError = ({ fence }) =>
      fence > 1
        ? undefined
        : ApplicationFailure.create({ type: 'SANDBOX_UNKNOWN', message: 'gone', nonRetryable: true });
    await run('j6');
    expect(rows.states.slice(0, 3)).toEqual(['RUNNING', 'QUEUED(RUNNER_LOST)', 'RUNNING']);
    expect(rows.steps.at(-1)).toMatchObject({ state: 'SUCCEEDED', restartCount: 1 });
    expect(runner.calls.filter((call) => call.startsWith('provision'))).toEqual(['provision 1', 'provision 2']);
  });

  it('that is cancelled has its runner stop what runs, and is cancelled when that has ended', async () => {
    let stopped = (): void => undefined;
    runner.setup = () =>
      new Promise((resolve) => {
        stopped = () => {
          resolve({ ...NO_SETUP, outcome: 'STOPPED' });
        };
      });
    const stop = runner.stop.bind(runner);
    runner.stop = (input) => {
      stopped();
      return stop(input);
    };
    await stage.startRows(rows);
    await stage.start(TASK_QUEUES.runner(RUNNER), bound(runner));
    await stage.start(TASK_QUEUES.pool('default'), {
      claim: () => Promise.resolve({ outcome: 'CLAIMED', runnerId: RUNNER }),
    });
    await stage.look('job', 'j7');
    await rows.reached(2);
    rows.stop = 'CANCELLED';
    await stage.look('job', 'j7');
    await stage.ended('job', 'j7');
    expect(rows.states.at(-1)).toBe('CANCELLED(CANCELLED_BY_USER)');
    expect(runner.calls).toContain('stop CANCELLED');
    expect(runner.calls.at(-1)).toBe('release');
    expect(runner.calls).not.toContain('runChecks');
  });

  it('that is cancelled while no runner has room takes its claim back', async () => {
    await stage.startRows(rows);
    await stage.look('job', 'j8');
    rows.stop = 'CANCELLED';
    await stage.look('job', 'j8');
    await stage.ended('job', 'j8');
    expect(rows.states).toEqual(['CANCELLED(CANCELLED_BY_USER)']);
    expect(runner.calls).toEqual([]);
  });
});
