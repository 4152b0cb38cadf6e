import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ProvisionResult, SandboxOwnerRef } from '@heddle/contracts/workflows';
import { useTemporaryDirectories } from '@heddle/testing';
import { INSTALL, LOOK, SetupAttempts, type SpecOf } from '../../testing/setup-attempts.js';
import { release } from '../phases/release.phase.js';

let on: SetupAttempts;

beforeAll(async () => {
  on = await SetupAttempts.start(await temporary('layers'));
});

afterAll(async () => {
  expect(await on.harness.stop()).toEqual([]);
});

const temporary = useTemporaryDirectories();

describe('a layer over another tree', () => {
  it('is used where the inputs are the same; what differs is new to make, and maintenance runs', async () => {
    const old = await on.commit('echo lock-2 > package-lock.json; echo first > src/one.txt');
    const next = await on.commit('echo second > src/one.txt');
    // Checked out before the set-up: its files are older than what the set-up makes.
    const early = on.attempt('early', 'true', { baseCommit: next });
    await on.made(early);
    const spec = {
      ...on.environment({ script: `${INSTALL}; make`, inputs: ['package-lock.json'] }),
      maintenance: 'echo maintained; echo m >> node_modules/lib/made-of; rm ~/.cache/kept; echo tracked > src/one.txt',
    };
    const first = on.attempt('m1', 'cat out', { ...spec, baseCommit: old });
    expect(await on.made(first)).toMatchObject({ setupCache: 'MISS' });
    expect(await on.turnOf(first)).toEqual(['first']);
    const show = 'make -s; cat out node_modules/lib/made-of src/one.txt; ls ~/.cache; git status --porcelain';
    const second = on.attempt('m2', show, { ...spec, baseCommit: next });
    expect(await on.made(second)).toMatchObject({ setupCache: 'HIT' });
    expect(await on.turnOf(second)).toEqual(['second', 'lock-2', 'm', 'second']);
    expect(on.setupLog(second)).toContain('maintained');
    expect(on.setupLog(second)).toMatch(/not kept: .*src\/one\.txt/);
    // Of that one sandbox alone.
    const third = on.attempt('m3', LOOK, { ...spec, baseCommit: old });
    expect(await on.made(third)).toMatchObject({ setupCache: 'HIT' });
    expect(await on.turnOf(third)).toEqual(['lock-2', 'kept']);
    await on.turnOf(early);
  });

  it('fails with its maintenance script', async () => {
    const spec = { ...on.environment({ inputs: ['package-lock.json'] }), maintenance: 'echo tried; exit 9' };
    const first = on.attempt('mf1', 'true', spec);
    await on.made(first);
    await on.turnOf(first);
    const other = on.attempt('mf2', 'true', {
      ...spec,
      baseCommit: await on.commit('echo lock-1 > package-lock.json; echo 9 > nine'),
    });
    await expect(on.made(other)).rejects.toMatchObject({
      reason: 'SETUP_SCRIPT_FAILED',
      message: expect.stringMatching(/maintenance.* 9/) as unknown,
    });
    await release(on.harness.context, other);
    await on.harness.until(() => on.harness.publisher.hasEnded('mf2'));
    expect(on.setupLog(other)).toContain('tried');
  });

  it('is rebuilt for a tree that tracks one of its paths', async () => {
    const spec = on.environment({
      script: `${INSTALL}; mkdir -p generated; echo made > generated/a`,
      inputs: ['package-lock.json'],
    });
    const first = on.attempt('o1', 'true', spec);
    await on.made(first);
    await on.turnOf(first);
    const tracks = await on.commit('mkdir generated; echo lock-1 > package-lock.json; echo tracked > generated/a');
    const show = ['bash', '-c', 'cat generated/a; git status --porcelain'];
    const second = on.harness.attempt('o2', show, { ...spec, baseCommit: tracks });
    expect(await on.made(second)).toMatchObject({ setupCache: 'MISS', setupCacheReason: 'BASE_OVERLAP' });
    expect(await on.turnOf(second)).toEqual(['tracked']);
    const third = on.harness.attempt('o3', show, { ...spec, baseCommit: tracks });
    expect(await on.made(third)).toMatchObject({ setupCache: 'HIT' });
    expect(await on.turnOf(third)).toEqual(['tracked']);
  });

  it('from another ref than the target branch is used for exactly its tree only', async () => {
    const spec = { ...on.environment({ inputs: ['package-lock.json'] }), trustedBase: false };
    const topic = await on.commit('echo topic > topic');
    const result = async (id: string, more: SpecOf): Promise<ProvisionResult> => {
      const owner = on.attempt(id, 'true', { ...spec, ...more });
      const provisioned = await on.made(owner);
      await on.turnOf(owner);
      return provisioned;
    };
    expect(await result('t1', { baseCommit: topic })).toMatchObject({ setupCache: 'MISS' });
    expect(await result('t2', { baseCommit: topic })).toMatchObject({ setupCache: 'HIT' });
    expect(await result('t3', { trustedBase: true })).toMatchObject({ setupCache: 'MISS' });
    // The target branch's is good for all.
    expect(await result('t4', {})).toMatchObject({ setupCache: 'HIT' });
  });
});

describe('checks', () => {
  const check = 'set -e; cat node_modules/lib/made-of; test ! -e poisoned; test -z "$(ls node_modules | grep -v lib)"';

  it('run on the layer of the captured tree, never on what the agent made of its own', async () => {
    const spec = on.environment({ inputs: ['package-lock.json'] });
    const same = on.attempt('ch1', 'echo x > node_modules/evil; echo y > new.txt', {
      ...spec,
      checks: [on.harness.check('sees', check)],
    });
    const { checks } = await on.checked(same);
    expect(checks).toMatchObject([{ state: 'PASSED', layerId: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown }]);
    expect(on.setupLog(same)).toContain('(HIT)');
    const changed = on.attempt('ch2', 'echo lock-9 > package-lock.json', {
      ...spec,
      checks: [on.harness.check('sees', `${check}; test "$(cat node_modules/lib/made-of)" = lock-9`)],
    });
    const other = await on.checked(changed);
    expect(other.checks).toMatchObject([
      { state: 'PASSED', layerId: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown },
    ]);
    expect(other.checks[0]?.layerId).not.toBe(checks[0]?.layerId);
    expect(on.setupLog(changed)).toContain('installed lock-9');
    // Nobody has accepted that tree: its layer is of no use to a base with the same inputs.
    const accepted = on.attempt('ch4', 'true', {
      ...spec,
      baseCommit: await on.commit('echo lock-9 > package-lock.json'),
    });
    expect(await on.made(accepted)).toMatchObject({ setupCache: 'MISS', setupCacheReason: 'INPUTS_CHANGED' });
    await on.turnOf(accepted);
  });

  it('are ERRORED where the captured tree cannot be set up', async () => {
    const owner = on.attempt('ch3', 'echo broken > package-lock.json', {
      ...on.environment({
        script: `if grep broken package-lock.json; then exit 1; fi; ${INSTALL}`,
        inputs: ['package-lock.json'],
      }),
      checks: [on.harness.check('sees', check)],
    });
    expect((await on.checked(owner)).checks).toMatchObject([
      { name: 'sees', state: 'ERRORED', statusDetail: 'SETUP_SCRIPT_FAILED' },
    ]);
    expect(on.harness.publisher.hasEnded('ch3')).toBe(true);
  });
});

describe('the budget of layers', () => {
  it('takes the one that was not used for the longest time, and never one in use', async () => {
    const spec = (): SpecOf =>
      on.environment({ script: 'mkdir node_modules; head -c 4000000 /dev/urandom > node_modules/big' });
    const [first, second] = [spec(), spec()];
    const use = async (id: string, of: SpecOf): Promise<SandboxOwnerRef> => {
      const owner = on.attempt(id, 'true', of);
      await on.made(owner);
      return owner;
    };
    const holder = await use('b1', first);
    const other = await use('b2', second);
    await on.turnOf(other);
    await on.harness.until(() => on.harness.context.clearing.count === 0);
    on.harness.layerBudgetBytes = 1_000_000;
    await on.harness.restartRunner();
    await on.harness.context.layers.evict();
    const again = on.attempt('b3', 'true', first);
    expect(await on.made(again)).toMatchObject({ setupCache: 'HIT' });
    const late = on.attempt('b4', 'true', second);
    expect(await on.made(late)).toMatchObject({ setupCache: 'MISS', setupCacheReason: 'EVICTED' });
    for (const owner of [holder, again, late]) await on.turnOf(owner);
    await on.harness.until(() => on.harness.context.clearing.count === 0);
    await on.harness.context.layers.evict();
    expect(await readdir(join(on.harness.runner, 'layers', 'store'))).toEqual([]);
  });
});
