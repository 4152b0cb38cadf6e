import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { SandboxOwnerRef } from '@heddle/contracts/workflows';
import { mountsBelow } from '@heddle/sandbox';
import { useTemporaryDirectories } from '@heddle/testing';
import { RunnerHarness } from '../../testing/runner-harness.js';
import { ActiveOwners } from '../activities/active-owners.js';
import { capture } from '../phases/capture.phase.js';
import { provision } from '../phases/provision.phase.js';
import { release } from '../phases/release.phase.js';
import { runTurn } from '../phases/run-turn.phase.js';
import { Adoption } from './adoption.js';

const run = promisify(execFile);
let harness: RunnerHarness;
let nowMs = 0;

beforeAll(async () => {
  harness = await RunnerHarness.start(await temporary('kept'), 'echo a > a');
});

afterAll(async () => {
  expect(await harness.stop()).toEqual([]);
});

const temporary = useTemporaryDirectories();

/** A sandbox whose attempt has ended, kept for so many seconds. */
async function kept(id: string, seconds: number): Promise<{ owner: SandboxOwnerRef; until: number | undefined }> {
  const keepDuration = { seconds: String(seconds), nanos: 0 };
  const owner = harness.attempt(id, ['bash', '-c', 'echo work > made'], { keepDuration });
  const { context, signal } = harness;
  await provision(context, owner, signal);
  await runTurn(context, owner, 1, signal);
  await capture(context, { owner, turn: 1, partial: false }, signal);
  const { keptUntil } = await release(context, owner);
  await harness.cleared();
  return { owner, until: keptUntil };
}

async function look(isDiskFull: boolean): Promise<void> {
  const active = new ActiveOwners(() => nowMs);
  const adoption = new Adoption(harness.context, active, () => Promise.resolve(isDiskFull));
  await adoption.look();
  nowMs += 10_000;
  await adoption.look();
  await harness.cleared();
}

async function madeIn(owner: SandboxOwnerRef): Promise<string | undefined> {
  const sandbox = await harness.context.sandboxes.find(owner);
  if (sandbox === undefined) return undefined;
  // Its disk is not mounted any more, which is what keeping it means.
  const disk = join(sandbox.directory.path, 'agent', 'disk.img');
  const { stdout } = await run('/sbin/debugfs', ['-R', 'cat /upper/made', disk]);
  return stdout;
}

describe('a sandbox that is kept for inspection', () => {
  it('gives its slot and its mount back and keeps its files, through a restart of everything', async () => {
    const { owner, until } = await kept('k1', 3_600);
    expect(until).toBeGreaterThan(Date.now());
    expect(harness.context.slots.used).toBe(0);
    expect(await mountsBelow(harness.data)).toEqual([]);
    expect(harness.publisher.hasEnded('k1')).toBe(true);
    await harness.signalSupervisor('SIGKILL');
    harness.startSupervisor();
    await harness.restartRunner();
    await new Adoption(harness.context, new ActiveOwners()).takeOver();
    await look(false);
    expect(await harness.context.supervisor.call('sweep', {})).toEqual({ removed: [] });
    expect(await madeIn(owner)).toBe('work\n');
    expect(await release(harness.context, owner)).toEqual({ keptUntil: until });
    expect(harness.context.slots.used).toBe(0);
  });

  it('goes before its time where the disk is filling, the one that is nearest to it first', async () => {
    const { owner: later } = await kept('k2', 7_200);
    const first = { kind: 'ATTEMPT', id: 'k1', fence: 1 } as const;
    const active = new ActiveOwners(() => nowMs);
    await new Adoption(harness.context, active, () => Promise.resolve(true)).look();
    await harness.cleared();
    expect(await madeIn(first)).toBeUndefined();
    expect(await madeIn(later)).toBe('work\n');
    await look(true);
    expect(await madeIn(later)).toBeUndefined();
  });

  it('goes when its time is over', async () => {
    const { owner } = await kept('k3', 3_600);
    const sandbox = await harness.context.sandboxes.get(owner);
    const { path } = sandbox.directory.journal;
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replace(/"until":\d+/, `"until":${String(Date.now() - 1)}`));
    await look(false);
    expect(await madeIn(owner)).toBeUndefined();
  });
});
