import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LogLine_Stream } from '@heddle/contracts';
import { useTemporaryDirectories } from '@heddle/testing';
import { RunnerHarness } from '../../testing/runner-harness.js';
import { capture } from '../phases/capture.phase.js';
import { provision } from '../phases/provision.phase.js';
import { release } from '../phases/release.phase.js';
import { runChecks } from '../phases/run-checks.phase.js';
import { runTurn } from '../phases/run-turn.phase.js';
import { ActiveOwners } from '../activities/active-owners.js';
import { Adoption } from './adoption.js';

let harness: RunnerHarness;

beforeAll(async () => {
  harness = await RunnerHarness.start(await temporary('restarts'), 'echo a > a');
});

afterAll(async () => {
  expect(await harness.stop()).toEqual([]);
});

const temporary = useTemporaryDirectories();

/** Counts up until it is told to end, and proves that it is one and the same process. */
const COUNTING =
  'echo "pid $$" ; for i in $(seq 1 2000); do echo $i; [ -e stop ] && break; sleep 0.02; done; echo last; echo made > made';

function adoption(): Adoption {
  return new Adoption(harness.context, new ActiveOwners());
}

async function tellToEnd(id: string): Promise<void> {
  const { context } = harness;
  const sandbox = await context.sandboxes.get({ kind: 'ATTEMPT', id, fence: 1 });
  await writeFile(`${sandbox.directory.path}/agent/merged/stop`, '');
}

function expectOneRun(id: string): void {
  const texts = harness.publisher.texts(id);
  expect(texts.filter((text) => text.startsWith('pid '))).toHaveLength(1);
  const numbers = texts.filter((text) => /^\d+$/.test(text)).map(Number);
  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  expect(harness.publisher.lines(id).map((line) => Number(line.sequence))).toEqual(texts.map((_, index) => index + 1));
  expect(texts.at(-1)).toBe('last');
}

describe('restarts while an agent runs', () => {
  it('a supervisor killed with -9 is followed by one that adopts the agent and knows its exit code', async () => {
    const owner = harness.attempt('s9', ['bash', '-c', `${COUNTING}; exit 7`]);
    const { context, signal } = harness;
    await provision(context, owner, signal);
    const running = runTurn(context, owner, 1, signal);
    await harness.until(() => harness.publisher.texts('s9').length > 5);
    await harness.signalSupervisor('SIGKILL');
    harness.startSupervisor();
    await harness.until(() => harness.publisher.texts('s9').length > 30);
    await tellToEnd('s9');
    expect(await running).toMatchObject({ outcome: 'EXITED', exitCode: 7 });
    await release(context, owner);
    await harness.until(() => harness.publisher.hasEnded('s9'));
    const [notice] = harness.publisher.lines('s9').slice(-1);
    expect(notice?.text).toContain('exit code 7');
    harness.publisher.subjects.set(
      's9',
      (harness.publisher.subjects.get('s9') ?? []).map((batch) => ({
        ...batch,
        lines: batch.lines.filter((line) => line.stream !== LogLine_Stream.SYSTEM),
      })),
    );
    expectOneRun('s9');
  });

  it('one that ended while no supervisor lived is found with its exit code', async () => {
    const owner = harness.attempt('gone', ['bash', '-c', 'echo up; while [ ! -e stop ]; do sleep 0.02; done; exit 5']);
    const { context, signal } = harness;
    await provision(context, owner, signal);
    const running = runTurn(context, owner, 1, signal);
    await harness.until(() => harness.publisher.texts('gone').includes('up'));
    await harness.signalSupervisor('SIGKILL');
    await tellToEnd('gone');
    const sandbox = await context.sandboxes.get(owner);
    const status = `${sandbox.directory.path}/agent/control/turn-1.status`;
    await harness.until(async () => (await readFile(status, 'utf8')).includes('exit-code'));
    harness.startSupervisor();
    expect(await running).toMatchObject({ outcome: 'EXITED', exitCode: 5 });
    await release(context, owner);
  });

  it('a runner that comes back attaches, and its log goes on without a gap or a double', async () => {
    const owner = harness.attempt('r9', ['bash', '-c', COUNTING]);
    await provision(harness.context, owner, harness.signal);
    const lost = new AbortController();
    const first = runTurn(harness.context, owner, 1, lost.signal).catch(() => 'detached');
    await harness.until(() => harness.publisher.texts('r9').length > 5);
    lost.abort(new Error('the runner died'));
    expect(await first).toBe('detached');
    await harness.restartRunner();
    await adoption().takeOver();
    expect(harness.context.slots.used).toBe(1);
    const second = runTurn(harness.context, owner, 1, harness.signal);
    await harness.until(() => harness.publisher.texts('r9').length > 40);
    await tellToEnd('r9');
    expect(await second).toMatchObject({ outcome: 'EXITED', exitCode: 0 });
    const { commit } = await capture(harness.context, { owner, turn: 1, partial: false }, harness.signal);
    expect(await harness.store.list(commit)).toContain('100644 made');
    await release(harness.context, owner);
    await harness.until(() => harness.publisher.hasEnded('r9'));
    expectOneRun('r9');
  });

  it('a runner that comes back leaves the tree below a running check as it is', async () => {
    const owner = harness.attempt('c9', ['bash', '-c', 'mkdir -p new/deep; echo changed > new/deep/file; echo b > a'], {
      checks: [
        harness.check(
          'waits',
          'echo up; while [ ! -e go ]; do sleep 0.02; done; test "$(cat new/deep/file)" = changed && test "$(cat a)" = b',
        ),
      ],
    });
    await provision(harness.context, owner, harness.signal);
    await runTurn(harness.context, owner, 1, harness.signal);
    const { commit } = await capture(harness.context, { owner, turn: 1, partial: false }, harness.signal);
    const lost = new AbortController();
    const first = runChecks(harness.context, { owner, turn: 1, commit }, lost.signal).catch(() => 'detached');
    await harness.until(() => harness.publisher.texts('c9').includes('up'));
    lost.abort(new Error('the runner died'));
    expect(await first).toBe('detached');
    await harness.restartRunner();
    await adoption().takeOver();
    const sandbox = await harness.context.sandboxes.get(owner);
    const tree = `${sandbox.directory.path}/delta/${commit}/tree`;
    const before = await stat(tree);
    const second = runChecks(harness.context, { owner, turn: 1, commit }, harness.signal);
    await writeFile(`${sandbox.directory.path}/check-1-0/merged/go`, '');
    expect(await second).toMatchObject({ outcome: 'RAN', checks: [{ name: 'waits', state: 'PASSED' }] });
    expect((await stat(tree)).ino).toBe(before.ino);
    await release(harness.context, owner);
  });

  it('a runner that comes back does not touch the prompt that the agent may be reading', async () => {
    const owner = harness.attempt('p9', ['bash', '-c', 'echo up; while [ ! -e stop ]; do sleep 0.02; done']);
    const { context, signal } = harness;
    await provision(context, owner, signal);
    const lost = new AbortController();
    const first = runTurn(context, owner, 1, lost.signal).catch(() => 'detached');
    await harness.until(() => harness.publisher.texts('p9').includes('up'));
    lost.abort(new Error('the runner died'));
    await first;
    const { run } = (await context.sandboxes.get(owner)).directory.box('agent');
    const [name = ''] = await readdir(run);
    const before = await stat(`${run}/${name}`, { bigint: true });
    const second = runTurn(context, owner, 1, signal);
    await tellToEnd('p9');
    expect(await second).toMatchObject({ outcome: 'EXITED', exitCode: 0 });
    const after = await stat(`${run}/${name}`, { bigint: true });
    expect([after.ino, after.ctimeNs]).toEqual([before.ino, before.ctimeNs]);
    expect(await readdir(run)).toEqual([name]);
    await release(context, owner);
  });

  it('JetStream away or losing answers costs no line and doubles none', async () => {
    const owner = harness.attempt('js', ['bash', '-c', COUNTING]);
    await provision(harness.context, owner, harness.signal);
    const running = runTurn(harness.context, owner, 1, harness.signal);
    await harness.until(() => harness.publisher.texts('js').length > 3);
    harness.publisher.fault = 'lose-answer';
    const before = harness.publisher.texts('js').length;
    await harness.until(() => harness.publisher.texts('js').length > before + 5);
    harness.publisher.fault = 'refuse';
    await tellToEnd('js');
    await running;
    harness.publisher.fault = 'none';
    await release(harness.context, owner);
    await harness.until(() => harness.publisher.hasEnded('js'));
    expectOneRun('js');
  });

  it('an orderly stop of the platform ends the agent, and the next start runs its turn again on a fresh tree', async () => {
    const owner = harness.attempt('again', [
      'bash',
      '-c',
      'ls; echo junk > junk; echo ran >> /run/heddle/../../workspace/runs; if [ "$(cat a)" = a ]; then sleep 1; fi; echo over',
    ]);
    const { context, signal } = harness;
    await provision(context, owner, signal);
    const running = runTurn(context, owner, 1, signal);
    await harness.until(() => harness.publisher.texts('again').length > 0);
    await harness.signalSupervisor('SIGTERM');
    harness.startSupervisor();
    expect(await running).toMatchObject({ outcome: 'EXITED', exitCode: 0 });
    const { commit } = await capture(context, { owner, turn: 1, partial: false }, signal);
    expect(await harness.store.read(commit, 'runs')).toBe('ran\n');
    // What the ended try made is kept, but not as the change.
    const kept = harness.store.stored.filter((header) => header.attemptId === 'again');
    expect(kept.map((header) => header.final)).toEqual([false, true]);
    expect(await harness.store.list(kept[0]?.commit ?? '')).toContain('100644 junk');
    await release(context, owner);
    await harness.until(() => context.clearing.count === 0);
    const marks = harness.publisher.texts('again').filter((text) => text.includes('the turn starts again'));
    expect(marks).toHaveLength(1);
  });

  it('a checkpoint of a running agent is one moment of its tree, and the agent goes on', async () => {
    // Two files that always hold the same number, but for one moment between two writes.
    const owner = harness.attempt('frozen', [
      'bash',
      '-c',
      'i=0; while [ ! -e stop ]; do i=$((i+1)); echo $i > x.new; mv x.new x; echo $i > y.new; mv y.new y; if [ $i = 1 ]; then echo up; fi; done; echo over',
    ]);
    const { context, signal } = harness;
    await provision(context, owner, signal);
    const running = runTurn(context, owner, 1, signal);
    await harness.until(() => harness.publisher.texts('frozen').includes('up'));
    const sandbox = await context.sandboxes.get(owner);
    const box = sandbox.box('agent', [sandbox.baseLayer]);
    for (let round = 0; round < 5; round++) {
      const stored = await context.checkpoints.takeFrozen(sandbox, {
        box,
        turn: 1,
        final: false,
        partial: true,
        at: 1_000_000,
      });
      if (stored === undefined || stored.empty) continue;
      const [x, y] = [
        Number(await harness.store.read(stored.commit, 'x')),
        Number(await harness.store.read(stored.commit, 'y')),
      ];
      expect(x - y === 0 || x - y === 1).toBe(true);
    }
    await tellToEnd('frozen');
    expect(await running).toMatchObject({ outcome: 'EXITED', exitCode: 0 });
    await capture(context, { owner, turn: 1, partial: false }, signal);
    await release(context, owner);
  });

  it('what an earlier runner was making when it died is gone at once', async () => {
    const half = join(harness.runner, 'sandboxes', 'attempt-half-1');
    await mkdir(join(half, 'spool'), { recursive: true });
    await harness.restartRunner();
    expect(await readdir(join(harness.runner, 'sandboxes'))).not.toContain('attempt-half-1');
  });
});
