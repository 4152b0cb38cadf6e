import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { SandboxOwnerRef } from '@heddle/contracts/workflows';
import { HeddleError } from '@heddle/domain';
import { useTemporaryDirectories } from '@heddle/testing';
import { RunnerHarness } from '../../testing/runner-harness.js';
import { ActiveOwners } from '../activities/active-owners.js';
import { provision } from '../phases/provision.phase.js';
import { release } from '../phases/release.phase.js';
import { runTurn } from '../phases/run-turn.phase.js';
import { Adoption } from './adoption.js';

let harness: RunnerHarness;
let nowMs = 0;

beforeAll(async () => {
  harness = await RunnerHarness.start(await temporary('adoption'), 'echo a > a');
});

afterAll(async () => {
  expect(await harness.stop()).toEqual([]);
});

const temporary = useTemporaryDirectories();

/** An agent that runs on while its phase has let go of it. */
async function abandoned(id: string): Promise<SandboxOwnerRef> {
  const owner = harness.attempt(id, ['bash', '-c', 'echo made > made; echo up; while :; do sleep 0.1; done']);
  await provision(harness.context, owner, harness.signal);
  const lost = new AbortController();
  const running = runTurn(harness.context, owner, 1, lost.signal).catch(() => 'detached');
  await harness.until(() => harness.publisher.texts(id).includes('up'));
  lost.abort(new Error('the phase is lost'));
  expect(await running).toBe('detached');
  return owner;
}

function adoption(): Adoption {
  return new Adoption(harness.context, new ActiveOwners(() => nowMs));
}

async function lookAfter(looking: Adoption, ms: number): Promise<void> {
  await looking.look();
  nowMs += ms;
  await looking.look();
}

async function isGone(owner: SandboxOwnerRef): Promise<boolean> {
  return (await harness.context.sandboxes.find(owner)) === undefined;
}

describe('a sandbox that no phase comes for', () => {
  it('ends within seconds where its attempt has ended and the release was lost', async () => {
    const owner = await abandoned('over');
    const looking = adoption();
    await lookAfter(looking, 10_000);
    expect(await isGone(owner)).toBe(false);
    const spec = harness.specs.get('over');
    if (spec === undefined) throw new Error('no spec');
    spec.ended = true;
    await looking.look();
    await harness.until(() => isGone(owner));
    expect(harness.context.slots.used).toBe(0);
    const [kept] = harness.store.stored.filter((header) => header.attemptId === 'over');
    expect(await harness.store.list(kept?.commit ?? '')).toContain('100644 made');
  });

  it('ends within seconds where a newer claim exists', async () => {
    const owner = await abandoned('newer');
    const spec = harness.specs.get('newer');
    if (spec?.owner === undefined) throw new Error('no spec');
    spec.owner.fence = '2';
    await lookAfter(adoption(), 10_000);
    await harness.until(() => isGone(owner));
  });

  it('gives its slot back where the store refused its fence while it was made', async () => {
    const owner = harness.attempt('late', ['true']);
    const { context, signal } = harness;
    const opening = context.store.openAttempt.bind(context.store);
    context.store.openAttempt = () => Promise.reject(new HeddleError('FENCE_SUPERSEDED', 'newer', { metadata: {} }));
    await expect(provision(context, owner, signal)).rejects.toMatchObject({ reason: 'FENCE_SUPERSEDED' });
    context.store.openAttempt = opening;
    await harness.until(async () => !(await isGone(owner)));
    const spec = harness.specs.get('late');
    if (spec?.owner === undefined) throw new Error('no spec');
    spec.owner.fence = '2';
    await lookAfter(adoption(), 10_000);
    await harness.until(() => isGone(owner));
    expect(context.slots.used).toBe(0);
  });

  it('acts no more once a newer claim of its attempt is provisioned on the same host', async () => {
    const { context, signal } = harness;
    const owner = await abandoned('both');
    const spec = harness.specs.get('both');
    if (spec?.owner === undefined) throw new Error('no spec');
    spec.owner.fence = '2';
    const newer = { ...owner, fence: 2 };
    await provision(context, newer, signal);
    expect((await context.supervisor.call('hello', {})).running).toEqual([]);
    expect(context.slots.used).toBe(1);
    await release(context, newer);
    await harness.until(() => isGone(owner));
  });

  it('waits for long where nobody seems to know its owner', async () => {
    const owner = await abandoned('unknown');
    const { context } = harness;
    const get = context.specs.get.bind(context.specs);
    context.specs.get = () => Promise.reject(new HeddleError('ATTEMPT_NOT_FOUND', 'gone', { metadata: {} }));
    const looking = adoption();
    await lookAfter(looking, 100_000);
    expect(await isGone(owner)).toBe(false);
    nowMs += 100_000;
    await looking.look();
    context.specs.get = get;
    await harness.until(() => isGone(owner));
  });

  it('is removed after all where that failed before', async () => {
    const owner = harness.attempt('stuck', ['true']);
    const { context } = harness;
    await provision(context, owner, harness.signal);
    const { end } = context.logs;
    context.logs.end = () => Promise.reject(new Error('not now'));
    await release(context, owner);
    await harness.until(() => context.clearing.count === 0);
    context.logs.end = end.bind(context.logs);
    expect(await isGone(owner)).toBe(false);
    await lookAfter(adoption(), 10_000);
    await harness.until(() => isGone(owner));
  });
});

describe('owners without a phase', () => {
  it('are forgotten with their sandboxes', () => {
    const active = new ActiveOwners(() => nowMs);
    const owner = { kind: 'ATTEMPT', id: 'x', fence: 1 } as const;
    active.enter(owner)();
    nowMs += 1_000;
    expect(active.idleFor(owner)).toBe(1_000);
    active.keepOnly([]);
    expect(active.idleFor(owner)).toBe(0);
  });
});
