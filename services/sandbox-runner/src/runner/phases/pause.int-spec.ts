import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { SandboxOwnerRef } from '@heddle/contracts/workflows';
import { groupName } from '@heddle/sandbox';
import { useTemporaryDirectories } from '@heddle/testing';
import { controlGroupsWith } from '@heddle/testing/control-groups';
import { RunnerHarness } from '../../testing/runner-harness.js';
import { capture } from './capture.phase.js';
import { pause, resume } from './pause.phase.js';
import { provision } from './provision.phase.js';
import { release } from './release.phase.js';
import { runChecks } from './run-checks.phase.js';
import { runTurn } from './run-turn.phase.js';
import { stop } from './stop.phase.js';

let harness: RunnerHarness;

beforeAll(async () => {
  harness = await RunnerHarness.start(await temporary('pause'), 'echo a > a');
});

afterAll(async () => {
  expect(await harness.stop()).toEqual([]);
});

const temporary = useTemporaryDirectories();

/** Waits for `go`, then writes `done` and ends. */
const WAITS = ['bash', '-c', 'echo made > made; echo up; while [ ! -e go ]; do sleep 0.01; done; echo x > done'];

async function started(id: string): Promise<{ owner: SandboxOwnerRef; turn: ReturnType<typeof runTurn> }> {
  const owner = harness.attempt(id, WAITS, { checks: [harness.check('quick', 'cat made')] });
  await provision(harness.context, owner, harness.signal);
  const turn = runTurn(harness.context, owner, 1, harness.signal);
  await harness.until(() => harness.publisher.texts(id).includes('up'));
  return { owner, turn };
}

async function tree(owner: SandboxOwnerRef): Promise<string> {
  return join((await harness.context.sandboxes.get(owner)).directory.path, 'agent', 'merged');
}

/** What the kernel says of the agent's group. */
async function isFrozen(id: string): Promise<boolean> {
  const [events = ''] = controlGroupsWith(`${groupName(harness.runner)}/attempt-${id}-1.agent`)
    .map((group) => join(group, 'cgroup.events'))
    .filter(existsSync);
  return /^frozen 1$/m.test(await readFile(events, 'utf8'));
}

describe('a paused sandbox', () => {
  it('does nothing until it is resumed, through checkpoints and the death of its supervisor', async () => {
    const { context, signal } = harness;
    const { owner, turn } = await started('p1');
    await pause(context, owner, signal);
    await pause(context, owner, signal);
    await writeFile(join(await tree(owner), 'go'), '');
    const sandbox = await context.sandboxes.get(owner);
    const [box] = [...(await sandbox.state()).boxes.values()];
    if (box === undefined) throw new Error('there is no box');
    const request = { box, turn: 1, final: false, partial: true, at: Date.now(), signal };
    expect(await context.checkpoints.takeFrozen(sandbox, request)).toMatchObject({ number: 1, empty: false });
    expect(await isFrozen('p1')).toBe(true);
    await harness.signalSupervisor('SIGKILL');
    harness.startSupervisor();
    expect(await context.supervisor.call('hello', {})).toMatchObject({ running: ['attempt-p1-1'] });
    expect(await isFrozen('p1')).toBe(true);
    expect(existsSync(join(await tree(owner), 'done'))).toBe(false);
    await resume(context, owner, signal);
    await resume(context, owner, signal);
    expect(await turn).toMatchObject({ outcome: 'EXITED', exitCode: 0 });
    await release(context, owner);
  });

  it('is frozen by the next supervisor where the one that was asked died before it was', async () => {
    const { context, signal } = harness;
    const { owner, turn } = await started('p2');
    await harness.signalSupervisor('SIGKILL');
    const { directory } = await context.sandboxes.get(owner);
    await directory.journal.append({ type: 'paused', since: Date.now() });
    harness.startSupervisor();
    await context.supervisor.call('hello', {});
    expect(await isFrozen('p2')).toBe(true);
    expect(await stop(context, owner, 'CANCELLED', signal)).toEqual({ stopped: true });
    expect(await turn).toMatchObject({ outcome: 'STOPPED', stopReason: 'CANCELLED' });
    await expect(pause(context, owner, signal)).rejects.toThrow('being stopped');
    await release(context, owner);
  });

  it('keeps back what is started in it, also by its next supervisor', async () => {
    const { context, signal } = harness;
    const { owner, turn } = await started('p3');
    await writeFile(join(await tree(owner), 'go'), '');
    await turn;
    const { commit } = await capture(context, { owner, turn: 1, partial: false }, signal);
    await pause(context, owner, signal);
    const checks = runChecks(context, { owner, turn: 1, commit }, signal);
    const sandbox = await context.sandboxes.get(owner);
    await harness.until(async () => [...(await sandbox.state()).boxes.keys()].some((name) => !name.endsWith('agent')));
    await harness.signalSupervisor('SIGKILL');
    harness.startSupervisor();
    await context.supervisor.call('hello', {});
    expect([...(await sandbox.state()).processes.keys()]).toHaveLength(1);
    await resume(context, owner, signal);
    expect(await checks).toMatchObject({ outcome: 'RAN', checks: [{ state: 'PASSED' }] });
    await release(context, owner);
  });
});
