import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LogLine_Phase, NetworkPolicy, NetworkRule } from '@heddle/contracts';
import type { SandboxOwnerRef } from '@heddle/contracts/workflows';
import { useTemporaryDirectories } from '@heddle/testing';
import { provision } from '../phases/provision.phase.js';
import { runChecks } from '../phases/run-checks.phase.js';
import { stop } from '../phases/stop.phase.js';
import { trySetup } from '../phases/try-setup.phase.js';
import { INSTALL, LOOK, SetupAttempts, WAIT, type SpecOf } from '../../testing/setup-attempts.js';

const run = promisify(execFile);

let on: SetupAttempts;

beforeAll(async () => {
  on = await SetupAttempts.start(await temporary('dry-runs'));
});

afterAll(async () => {
  expect(await on.harness.stop()).toEqual([]);
});

// After the hook above: directories go when nothing uses them any more.
const temporary = useTemporaryDirectories();

/** A job's sandbox, made. */
async function job(id: string, spec: SpecOf): Promise<SandboxOwnerRef> {
  const owner = on.job(id, spec);
  await provision(on.harness.context, owner, on.harness.signal);
  return owner;
}

const tried = (owner: SandboxOwnerRef) => trySetup(on.harness.context, owner, on.harness.signal);

/** What is on disk of layers for everybody. */
async function layers(): Promise<string[]> {
  const directory = join(on.harness.runner, 'layers');
  const names = await Promise.all(
    ['store', 'traces', 'building'].map(async (name) =>
      (await readdir(join(directory, name))).map((of) => join(name, of)),
    ),
  );
  return names.flat().sort();
}

describe('a dry run of a set-up', () => {
  it('leaves nothing that an attempt could meet, although it does all that one does', async () => {
    const before = await layers();
    const spec = on.environment({});
    const owner = await job('good', spec);
    expect(await tried(owner)).toMatchObject({
      outcome: 'SUCCEEDED',
      setupCache: 'MISS',
      setupCacheReason: 'FIRST_USE',
      refused: [],
    });
    expect(await layers()).toEqual(before);
    await on.released(owner);
    expect(on.setupLog(owner)).toMatch(
      /MISS: FIRST_USE.*; it had no network at all[^]*installed lock-1[^]*what it left is thrown away/,
    );
    // Not even a trace: an attempt is the first that ever used it.
    const attempt = on.attempt('after-good', LOOK, spec);
    expect(await on.made(attempt)).toMatchObject({ setupCache: 'MISS', setupCacheReason: 'FIRST_USE' });
    await on.turnOf(attempt);
  });

  it('runs the script also where an attempt would find its layer, and says so', async () => {
    const spec = on.environment({});
    const attempt = on.attempt('before-hit', LOOK, spec);
    await on.made(attempt);
    await on.turnOf(attempt);
    const owner = await job('hit', spec);
    expect(await tried(owner)).toMatchObject({ outcome: 'SUCCEEDED', setupCache: 'HIT', setupCacheReason: '' });
    await on.released(owner);
    expect(on.setupLog(owner)).toMatch(/\(HIT\)[^]*installed lock-1/);
  });

  it('tells of a script that fails as an answer, with its log, and once', async () => {
    const owner = await job('bad', on.environment({ script: 'echo halfway; exit 3' }));
    const answer = await tried(owner);
    expect(answer).toMatchObject({
      outcome: 'FAILED',
      reason: 'SETUP_SCRIPT_FAILED',
      message: expect.stringMatching(/exit code 3.*no network at all: network\.setup .* no rule/) as unknown,
    });
    expect(await tried(owner)).toEqual(answer);
    await on.released(owner);
    expect(on.setupLog(owner).match(/halfway/g)).toHaveLength(1);
  });

  it('fails where it leaves the value of a secret', async () => {
    await on.harness.withSecret({ name: 'NPM_TOKEN', value: 'very-secret-token' }, async () => {
      const owner = await job('leak', on.environment({ script: 'echo "t=$NPM_TOKEN" > ~/.npmrc' }));
      expect(await tried(owner)).toMatchObject({ outcome: 'FAILED', reason: 'SETUP_SECRET_IN_LAYER' });
      await on.released(owner);
    });
  });

  it('is nothing where there is no script', async () => {
    const owner = await job('none', on.environment({ script: '' }));
    expect(await tried(owner)).toMatchObject({ outcome: 'NONE', setupCache: 'NONE', durationMs: 0 });
    await on.released(owner);
    expect(on.setupLog(owner)).toBe('the environment has no set-up script');
  });

  it('has its checks run on what it left: work tree and home', async () => {
    const checks = [
      on.harness.check('sees', 'cat node_modules/lib/made-of ~/.cache/kept; git status --porcelain'),
      on.harness.check('red', 'exit 4'),
    ];
    const owner = await job('checks', { ...on.environment({}), checks });
    await tried(owner);
    const { baseCommit: commit, context, signal } = on.harness;
    const { checks: outcomes } = await runChecks(context, { owner, turn: 1, commit }, signal);
    expect(outcomes).toMatchObject([
      { name: 'sees', state: 'PASSED', layerId: '' },
      { name: 'red', state: 'FAILED', exitCode: 4 },
    ]);
    await on.released(owner);
    const lines = on.harness.publisher.lines(owner.id).filter(({ phase }) => phase === LogLine_Phase.CHECK);
    expect(lines.map(({ text }) => text)).toEqual(['lock-1', 'kept']);
  });

  it('says what its network refused, with the rule that would allow it', async () => {
    const network = { ...NetworkPolicy.create(), setup: [{ ...NetworkRule.create(), host: 'allowed.example' }] };
    const script = 'curl -sS -m 10 https://refused.example/x || true';
    const owner = await job('refused', { ...on.environment({ script }), network });
    const { refused } = await tried(owner);
    expect(refused).toMatchObject([
      { host: 'refused.example', phase: 'SETUP', verdict: 'REFUSED', suggestion: { host: 'refused.example' } },
    ]);
    await on.released(owner);
    expect(on.setupLog(owner)).not.toContain('no network at all');
  });

  it('that is stopped says so', async () => {
    const owner = await job('stopped', on.environment({ script: WAIT }));
    const trying = tried(owner);
    await on.harness.until(() => on.isBuilding(owner));
    await stop(on.harness.context, owner, 'CANCELLED', on.harness.signal);
    expect(await trying).toMatchObject({ outcome: 'STOPPED' });
    await on.released(owner);
  });

  it('goes on while its runner is killed, and is attached to', async () => {
    const owner = await job('killed', on.environment({ script: `${WAIT}; ${INSTALL}` }));
    void tried(owner).catch(() => undefined);
    await on.harness.until(() => on.isBuilding(owner));
    await on.harness.restartRunner();
    const trying = tried(owner);
    const sandbox = await on.harness.context.sandboxes.get(owner);
    await run('touch', [join(sandbox.directory.path, 'setup-dry-run', 'merged', 'node_modules', 'go')]);
    expect(await trying).toMatchObject({ outcome: 'SUCCEEDED', setupCacheReason: 'FIRST_USE' });
    await on.released(owner);
    expect(on.setupLog(owner).match(/^waiting$/gm)).toHaveLength(1);
  });
});
