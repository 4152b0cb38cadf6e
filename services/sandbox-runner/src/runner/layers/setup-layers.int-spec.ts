import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EnvironmentSetup, NetworkPolicy, NetworkRule } from '@heddle/contracts';
import type { SandboxOwnerRef } from '@heddle/contracts/workflows';
import { useTemporaryDirectories } from '@heddle/testing';
import { INSTALL, LOOK, SetupAttempts, WAIT, type SpecOf } from '../../testing/setup-attempts.js';
import { provision } from '../phases/provision.phase.js';
import { release } from '../phases/release.phase.js';
import { stop } from '../phases/stop.phase.js';

let on: SetupAttempts;

beforeAll(async () => {
  on = await SetupAttempts.start(await temporary('layers'));
});

afterAll(async () => {
  expect(await on.harness.stop()).toEqual([]);
});

const temporary = useTemporaryDirectories();

const run = promisify(execFile);
const building = (owner: SandboxOwnerRef): boolean => on.isBuilding(owner);
const waiting = (owner: SandboxOwnerRef): boolean => on.isWaiting(owner);

describe('the layer of a set-up', () => {
  it('is built once, shown in the log, and used by who comes next: work tree and home, with git as clean as before', async () => {
    const spec = on.environment({});
    const first = on.attempt('first', LOOK, spec);
    expect(await on.made(first)).toMatchObject({ setupCache: 'MISS', setupCacheReason: 'FIRST_USE' });
    expect(await on.turnOf(first)).toEqual(['lock-1', 'kept']);
    expect(on.setupLog(first)).toMatch(/MISS: FIRST_USE[^]*installed lock-1[^]*its layer is/);
    const second = on.attempt('second', LOOK, spec);
    expect(await on.made(second)).toMatchObject({ setupCache: 'HIT', setupCacheReason: '' });
    expect(await on.turnOf(second)).toEqual(['lock-1', 'kept']);
    expect(on.setupLog(second)).toMatch(/^the set-up's layer [0-9a-f]{12} is used \(HIT\)$/);
  });

  it('is built with the network of the set-up, which the agent has not', async () => {
    const rules = { ...NetworkPolicy.create(), setup: [{ ...NetworkRule.create(), host: 'example.com' }] };
    const setup = { script: 'mkdir node_modules; echo "${https_proxy%%:*}" > node_modules/proxy' };
    const spec = { ...on.environment(setup), network: rules };
    const owner = on.attempt('networked', 'cat node_modules/proxy; echo "none:$https_proxy"', spec);
    await on.made(owner);
    expect(await on.turnOf(owner)).toEqual(['http', 'none:']);
  });

  it('is no part of an attempt without a set-up', async () => {
    const owner = on.attempt('none', 'true', { environmentId: 'x' });
    expect(await on.made(owner)).toMatchObject({ setupCache: 'NONE', setupCacheReason: '' });
    await on.turnOf(owner);
    expect(on.setupLog(owner)).toBe('');
  });

  it('says why there is none yet', async () => {
    const spec = on.environment({});
    const reason = async (id: string, more: SpecOf): Promise<string> => {
      const owner = on.attempt(id, 'true', { ...spec, ...more });
      const { setupCacheReason = '' } = await on.made(owner);
      await on.turnOf(owner);
      return setupCacheReason;
    };
    const setup = spec.setup ?? EnvironmentSetup.create();
    expect(await reason('why-1', {})).toBe('FIRST_USE');
    expect(await reason('why-2', { environmentVersion: 2 })).toBe('ENVIRONMENT_CHANGED');
    expect(await reason('why-3', { environmentVersion: 3, setup: { ...setup, script: `${INSTALL}; true` } })).toBe(
      'SCRIPT_CHANGED',
    );
    expect(await reason('why-4', { cacheEpoch: '1' })).toBe('RESET');
    expect(await reason('why-5', { baseCommit: await on.commit('echo x > other') })).toBe('INPUTS_CHANGED');
    expect(await reason('why-6', {})).toBe('');
  });

  it('is made once however many come first at the same time', async () => {
    const spec = on.environment({ script: `${WAIT}; ${INSTALL}; cat /proc/sys/kernel/random/uuid > node_modules/id` });
    const owners = ['c1', 'c2', 'c3'].map((id) => on.attempt(id, 'cat node_modules/id', spec));
    const making = Promise.all(owners.map((owner) => on.made(owner)));
    await on.harness.until(() => owners.filter(building).length === 1 && owners.filter(waiting).length === 2);
    await on.letGo(owners.find(building) ?? { kind: 'ATTEMPT', id: '', fence: 1 });
    const results = await making;
    expect(results.map((result) => result.setupCache)).toEqual(['MISS', 'MISS', 'MISS']);
    const ids = (await Promise.all(owners.map((owner) => on.turnOf(owner)))).map(([id]) => id);
    expect(new Set(ids).size).toBe(1);
    const logs = owners.map((owner) => on.setupLog(owner));
    expect(logs.filter((log) => log.includes('installed'))).toHaveLength(1);
  });

  it('is never made by a script that failed, whose log everyone sees who waited for it', async () => {
    const spec = on.environment({ script: `${WAIT}; echo halfway; false; echo never` });
    const owners = ['f1', 'f2'].map((id) => on.attempt(id, 'true', spec));
    const making = Promise.allSettled(owners.map((owner) => on.made(owner)));
    await on.harness.until(() => owners.some(building) && owners.some(waiting));
    await on.letGo(owners.find(building) ?? { kind: 'ATTEMPT', id: '', fence: 1 });
    const outcomes = await making;
    for (const outcome of outcomes)
      expect(outcome).toMatchObject({
        reason: { reason: 'SETUP_SCRIPT_FAILED', message: expect.stringMatching(/exit code 1/) as unknown },
      });
    for (const owner of owners) {
      await release(on.harness.context, owner);
      await on.harness.until(() => on.harness.publisher.hasEnded(owner.id));
      expect(on.setupLog(owner)).toMatch(/halfway[^]*exit code 1/);
      expect(on.setupLog(owner)).not.toContain('never');
    }
    // Not cached: it is tried again.
    const again = on.attempt('f3', 'true', spec);
    const trying = on.made(again);
    await on.harness.until(() => on.isBuilding(again));
    await on.letGo(again);
    await expect(trying).rejects.toMatchObject({ reason: 'SETUP_SCRIPT_FAILED' });
    await release(on.harness.context, again);
  });

  it('is not made by a script that does not end in time', async () => {
    const spec = on.environment({ script: 'sleep 600', timeout: { seconds: '1', nanos: 0 } });
    const owner = on.attempt('slow', 'true', spec);
    await expect(on.made(owner)).rejects.toMatchObject({
      reason: 'SETUP_SCRIPT_FAILED',
      message: expect.stringMatching(/within 1 s/) as unknown,
    });
    await release(on.harness.context, owner);
  });

  it('holds no path that the base tracks, and says so', async () => {
    const script = `${INSTALL}; echo changed > package-lock.json; rm -r src; mkdir src; echo made > src/made; git mv Makefile Makefile2; mv .gitignore node_modules/; mkfifo node_modules/fifo; chmod u+s node_modules/lib/made-of; git config user.name evil`;
    const spec = on.environment({ script });
    const owner = on.harness.attempt(
      'strip',
      [
        'bash',
        '-c',
        'git status --porcelain; cat package-lock.json src/one.txt src/made Makefile2; ls node_modules; stat -c %a node_modules/lib/made-of; git config user.name || echo nobody',
      ],
      spec,
    );
    await on.made(owner);
    const lines = await on.turnOf(owner);
    const makefile = ['out: src/one.txt', '\tcp src/one.txt out'];
    expect(lines).toEqual([
      '?? Makefile2',
      '?? src/made',
      'lock-1',
      'one',
      'made',
      ...makefile,
      'lib',
      '644',
      'nobody',
    ]);
    for (const path of ['package-lock.json', 'Makefile', '.gitignore', 'src', 'node_modules/fifo'])
      expect(on.setupLog(owner)).toMatch(new RegExp(`is not kept: .*${path.replace('.', '\\.')}`));
  });

  it('keeps what the set-up moved out of the repository as a copy', async () => {
    const spec = on.environment({
      script: 'mkdir node_modules; cp -r src keep; mv src node_modules/moved; mv keep src',
    });
    const owner = on.attempt('moved', 'cat node_modules/moved/one.txt src/one.txt; git status --porcelain', spec);
    await on.made(owner);
    expect(await on.turnOf(owner)).toEqual(['one', 'one']);
  });

  it('that holds a secret of the set-up fails, and the agent never sees the variable', async () => {
    await on.harness.withSecret({ name: 'NPM_TOKEN', value: 'very-secret-token' }, async () => {
      const leak = on.attempt('leak', 'true', on.environment({ script: 'echo "t=$NPM_TOKEN" > ~/.npmrc' }));
      await expect(on.made(leak)).rejects.toMatchObject({
        reason: 'SETUP_SECRET_IN_LAYER',
        message: expect.stringContaining('~/.npmrc') as unknown,
      });
      await release(on.harness.context, leak);
      const spec = on.environment({ script: `test "$NPM_TOKEN" = very-secret-token; ${INSTALL}` });
      const owner = on.attempt('quiet', 'echo "token: $NPM_TOKEN"', spec);
      await on.made(owner);
      expect(await on.turnOf(owner)).toEqual(['token: ']);
    });
  });

  it('is never what an agent made of it', async () => {
    const spec = on.environment({});
    const poison =
      'echo poison > node_modules/lib/made-of; echo poison > ~/.cache/kept; echo poison > node_modules/new';
    const first = on.attempt('poison', `${poison}; cat node_modules/lib/made-of`, spec);
    await on.made(first);
    expect(await on.turnOf(first)).toEqual(['poison']);
    const second = on.attempt('clean', `${LOOK}; ls node_modules`, spec);
    expect(await on.made(second)).toMatchObject({ setupCache: 'HIT' });
    expect(await on.turnOf(second)).toEqual(['lock-1', 'kept', 'lib']);
  });

  it('is left for another when its sandbox is stopped, and who waits in vain is let go', async () => {
    const spec = on.environment({ script: `${WAIT}; ${INSTALL}` });
    const { context, signal } = on.harness;
    const builder = on.attempt('st1', 'true', spec);
    const building = on.made(builder);
    await on.harness.until(() => on.isBuilding(builder));
    const waiter = on.attempt('st2', 'true', spec);
    const waiting = on.made(waiter);
    await on.harness.until(() => on.isWaiting(waiter));
    const other = on.attempt('st3', 'true', spec);
    const otherWaiting = on.made(other);
    await on.harness.until(() => on.isWaiting(other));
    await stop(context, waiter, 'CANCELLED', signal);
    expect(await waiting).toMatchObject({ setupCache: 'NONE' });
    await stop(context, builder, 'CANCELLED', signal);
    expect(await building).toMatchObject({ setupCache: 'NONE' });
    await on.harness.until(() => on.isBuilding(other));
    await on.letGo(other);
    expect(await otherWaiting).toMatchObject({ setupCache: 'MISS' });
    for (const owner of [builder, waiter, other]) await release(context, owner);
  });
});

describe('a set-up that lays traps', () => {
  it('hangs nobody by pipes, has nothing read through links, and its home is everybody’s own', async () => {
    const script = [
      'rm -rf ~/.cache; ln -s /etc ~/.cache; ln -s /workspace/.git ~/git; mkfifo ~/.npmrc ~/.netrc',
      'mkdir -p ~/a/b node_modules; echo kept > ~/a/b/c; ln -s /etc/shadow node_modules/shadow; mkfifo node_modules/pipe',
    ].join('\n');
    const look = [
      'readlink ~/.cache ~/git node_modules/shadow; [ -e node_modules/pipe ] || [ -e ~/.npmrc ] || echo none',
      'mv ~/a ~/z; mkdir ~/a; cat ~/z/b/c; ls ~/a | wc -l; git status --porcelain',
    ].join('\n');
    const spec = on.environment({ script });
    await on.harness.withSecret({ name: 'TOKEN', value: 'a-secret-that-is-looked-for' }, async () => {
      for (const id of ['trapped', 'trapped-again']) {
        const owner = on.attempt(id, look, spec);
        expect(await on.made(owner)).toMatchObject({ setupCache: id === 'trapped' ? 'MISS' : 'HIT' });
        const links = ['/etc', '/workspace/.git', '/etc/shadow'];
        expect(await on.turnOf(owner)).toEqual([...links, 'none', 'kept', '0']);
      }
    });
  });
});

describe('a set-up whose runner is killed', () => {
  it('goes on, and is published by whoever asks first', async () => {
    const spec = on.environment({ script: `${WAIT}; ${INSTALL}` });
    const builder = on.attempt('k1', LOOK, spec);
    const lost = new AbortController();
    const building = provision(on.harness.context, builder, lost.signal).catch(() => 'detached');
    await on.harness.until(() => on.isBuilding(builder));
    lost.abort(new Error('the runner died'));
    expect(await building).toBe('detached');
    await on.harness.restartRunner();
    const waiter = on.attempt('k2', LOOK, spec);
    const waiting = on.made(waiter);
    await on.harness.until(() => on.setupLog(waiter).includes('waits for the set-up that runs in attempt-k1'));
    await on.letGo(builder);
    expect(await waiting).toMatchObject({ setupCache: 'MISS' });
    expect(await on.made(builder)).toMatchObject({ setupCache: 'MISS', setupCacheReason: 'FIRST_USE' });
    expect(await on.turnOf(waiter)).toEqual(['lock-1', 'kept']);
    expect(await on.turnOf(builder)).toEqual(['lock-1', 'kept']);
    expect(
      on
        .setupLog(builder)
        .split('\n')
        .filter((line) => line === 'waiting'),
    ).toHaveLength(1);
  });

  it('leaves no half-made layer', async () => {
    const store = join(on.harness.runner, 'layers', 'store');
    // A harness that restarts does not take up removals that its predecessor had begun.
    await on.harness.cleared();
    await run('mkdir', ['-p', join(store, `${'a'.repeat(64)}.new`, 'tree')]);
    await on.harness.restartRunner();
    expect((await readdir(store)).filter((name) => !/^[0-9a-f]{64}$/.test(name))).toEqual([]);
  });
});
