import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readdir, rename, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mountsBelow } from '@heddle/sandbox';
import { useTemporaryDirectories } from '@heddle/testing';
import { provision } from '../runner/phases/provision.phase.js';
import { release } from '../runner/phases/release.phase.js';
import { runTurn } from '../runner/phases/run-turn.phase.js';
import { readRefusal, writeSelfTest } from '../protocol/self-test-record.js';
import { RunnerHarness, SUPERVISOR } from '../testing/runner-harness.js';

let harness: RunnerHarness;

beforeAll(async () => {
  harness = await RunnerHarness.start(await temporary('supervisor-start'), 'echo a > a');
});

afterAll(async () => {
  expect(await harness.stop()).toEqual([]);
});

const temporary = useTemporaryDirectories();

describe('the start of a supervisor', () => {
  it('is not kept back by what an earlier one left half removed, and removes it', async () => {
    const sandboxes = join(harness.runner, 'sandboxes');
    await harness.signalSupervisor('SIGKILL');
    const merged = join(sandboxes, '.removing-attempt-x-1', 'agent', 'merged');
    const unfinished = join(sandboxes, 'attempt-y-1', 'spool');
    for (const path of [merged, unfinished]) await mkdir(path, { recursive: true });
    const nest = 'n=$(printf "%0255d" 0); for i in $(seq 20); do mkdir $n; cd -P $n || exit 1; done';
    execFileSync('/bin/bash', ['-c', nest], { cwd: join(merged, '..') });
    execFileSync('/bin/mount', ['-t', 'tmpfs', 'heddle', merged]);
    // A runner may be about to finish a younger one.
    execFileSync('/bin/touch', ['-d', '1 hour ago', join(sandboxes, 'attempt-y-1')]);
    harness.startSupervisor();
    expect(await harness.context.supervisor.call('hello', {})).toMatchObject({ running: [] });
    await harness.until(async () => (await readdir(sandboxes)).length === 0);
  });

  it('that is refused says why to whoever asks the runner, and a later one takes it back', async () => {
    const closed = join(await temporary('refused'), 'closed');
    await mkdir(closed, { mode: 0o700 });
    const start = async (): Promise<number | null> => {
      const env = { ...process.env, HEDDLE_DATA_DIR: closed, HEDDLE_SUPERVISOR_SOCKET: join(closed, 's.sock') };
      const child = spawn(process.execPath, [SUPERVISOR], { env, stdio: 'ignore' });
      const ended = once(child, 'exit').then(([code]) => code as number | null);
      const serving = harness.until(async () => (await readRefusal(join(closed, 'runner'))).length === 0);
      const first = await Promise.race([ended, serving.then(() => undefined)]);
      if (first !== undefined) return first;
      await harness.until(async () => (await readdir(closed)).includes('s.sock'));
      child.kill('SIGTERM');
      return ended;
    };
    await mkdir(join(closed, 'runner'));
    await writeSelfTest(join(closed, 'runner'), { failed: ['an earlier reason'] });
    expect(await start()).toBe(78);
    expect((await readRefusal(join(closed, 'runner'))).join()).toContain('chmod o+x');
    await chmod(closed, 0o711);
    expect(await start()).toBe(0);
    expect(await readRefusal(join(closed, 'runner'))).toEqual([]);
  });

  it('leaves nothing on the host when it is told to end in its middle', async () => {
    await harness.signalSupervisor('SIGTERM');
    harness.startSupervisor();
    await harness.until(async () => (await readdir(harness.runner)).includes('self-test'));
    await harness.signalSupervisor('SIGTERM');
    expect(await mountsBelow(harness.data)).toEqual([]);
    expect(await readdir(harness.runner)).not.toContain('self-test');
    harness.startSupervisor();
  });

  it('is not kept back by a sandbox whose journal cannot be read, and spares what may be its', async () => {
    const owner = harness.attempt('unreadable', ['bash', '-c', 'echo up; while [ ! -e stop ]; do sleep 0.02; done']);
    const { context, signal } = harness;
    await provision(context, owner, signal);
    const attached = runTurn(context, owner, 1, signal).catch((error: unknown) => String(error));
    await harness.until(() => harness.publisher.texts('unreadable').includes('up'));
    const { path } = (await context.sandboxes.get(owner)).directory;
    await harness.signalSupervisor('SIGKILL');
    await rename(join(path, 'state'), join(path, 'state.kept'));
    await mkdir(join(path, 'state'));
    harness.startSupervisor();
    expect(await context.supervisor.call('hello', {})).toMatchObject({ running: [] });
    expect(await attached).toContain('EISDIR');
    await rmdir(join(path, 'state'));
    await rename(join(path, 'state.kept'), join(path, 'state'));
    const running = runTurn(context, owner, 1, signal);
    await writeFile(join(path, 'agent', 'merged', 'stop'), '');
    expect(await running).toMatchObject({ outcome: 'EXITED', exitCode: 0 });
    await release(context, owner);
  });
});
