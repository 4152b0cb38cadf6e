import { readdir, readlink } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { NetworkPolicy, NetworkRule } from '@heddle/contracts';
import { loopsBelow, mountsBelow } from '@heddle/sandbox';
import { useTemporaryDirectories } from '@heddle/testing';
import { RunnerHarness } from '../../testing/runner-harness.js';
import { capture } from './capture.phase.js';
import { pause } from './pause.phase.js';
import { provision } from './provision.phase.js';
import { release } from './release.phase.js';
import { runTurn } from './run-turn.phase.js';
import { stop } from './stop.phase.js';

const AT_ONCE = 4;
const ROUNDS = 6;

let harness: RunnerHarness;

beforeAll(async () => {
  harness = await RunnerHarness.start(await temporary('leaks'), 'echo a > a');
});

afterAll(async () => {
  expect(await harness.stop()).toEqual([]);
});

const temporary = useTemporaryDirectories();

/** Kinds of what a process has open, with how many of each: sockets, pipes, namespaces, devices, files. */
async function openOf(pid: number): Promise<Record<string, number>> {
  const kinds: Record<string, number> = {};
  for (const fd of await readdir(`/proc/${String(pid)}/fd`)) {
    // The directory's own descriptor is listed too and closed by now.
    const target = await readlink(`/proc/${String(pid)}/fd/${fd}`).catch(() => undefined);
    if (target === undefined) continue;
    const kind = target.replace(/:\[\d+\]$/, '');
    kinds[kind] = (kinds[kind] ?? 0) + 1;
  }
  return kinds;
}

/** Ends in one of many ways, with a network whose TLS is ended. */
async function attempt(index: number): Promise<void> {
  const { context, signal } = harness;
  const network = NetworkPolicy.create();
  network.agent = [{ ...NetworkRule.create(), host: 'allowed.test', ports: [443], methods: ['GET'] }];
  const script = `curl -sS -m 5 https://allowed.test/; curl -sS -m 5 http://refused.example/; echo x > made; exit ${String(index % 3)}`;
  const owner = harness.attempt(`leak-${String(index)}`, ['bash', '-c', script], { network });
  await provision(context, owner, signal);
  const turn = runTurn(context, owner, 1, signal);
  if (index % 4 === 0) await pause(context, owner, signal).catch(() => undefined);
  if (index % 4 < 2) await stop(context, owner, 'CANCELLED', signal);
  await turn;
  if (index % 2 === 0) await capture(context, { owner, turn: 1, partial: false }, signal);
  await release(context, owner);
}

async function round(number: number): Promise<void> {
  await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => attempt(number * AT_ONCE + index)));
  await harness.cleared();
}

it('a supervisor holds after many attempts what it held after a few', async () => {
  const { pid } = await harness.context.supervisor.call('hello', {});
  await round(0);
  const before = await openOf(pid);
  for (let number = 1; number <= ROUNDS; number++) await round(number);
  expect(await openOf(pid)).toEqual(before);
  expect(Object.keys(before)).not.toContain('net');
  expect(await mountsBelow(harness.data)).toEqual([]);
  expect(await loopsBelow(harness.data)).toEqual([]);
}, 300_000);

it('a sandbox that was removed under its release gives its slot back', async () => {
  const { context, signal } = harness;
  const owner = harness.attempt('removed', ['true']);
  await provision(context, owner, signal);
  const used = context.slots.used;
  const { name } = await context.sandboxes.get(owner);
  await context.supervisor.call('remove', { sandbox: name });
  expect(await release(context, owner)).toEqual({});
  expect(await context.sandboxes.find(owner)).toBeUndefined();
  expect(context.slots.used).toBe(used - 1);
});
