import { execFile } from 'node:child_process';
import { chmod, cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { EnvironmentSetup, NetworkPolicy, NetworkRule } from '@heddle/contracts';
import type { ProvisionResult } from '@heddle/contracts/workflows';
import { provision } from '../runner/phases/provision.phase.js';
import { release } from '../runner/phases/release.phase.js';
import { RunnerHarness } from './runner-harness.js';
import type { SpecOf } from './setup-attempts.js';

// For the bench: says, as JSON, what a set-up with npm packages costs whoever comes first, and whoever comes next.

const run = promisify(execFile);
const INSTALL = 'npm ci --no-audit --no-fund --ignore-scripts';
const MANIFEST = JSON.stringify({
  name: 'bench',
  version: '1.0.0',
  dependencies: { typescript: '5.9.2', eslint: '9.36.0', jest: '30.1.3' },
});
const PREPARE = `printf 'node_modules/\\n' > .gitignore; echo '${MANIFEST}' > package.json; npm install --package-lock-only --no-audit --no-fund --silent`;

interface Times {
  /** Milliseconds each: of a sandbox without a set-up, and of one whose layer is there. */
  readonly none: number[];
  readonly hit: number[];
  /** Milliseconds: of the sandbox that made the layer, and of the same command on the host with an empty cache. */
  readonly miss: number;
  readonly byHand: number;
}

async function main(runs: number): Promise<Times> {
  const directory = await mkdtemp(join(tmpdir(), 'heddle-bench-layers-'));
  await chmod(directory, 0o755);
  const harness = await RunnerHarness.start(directory, PREPARE);
  try {
    const setup = { ...EnvironmentSetup.create(), script: INSTALL, inputs: ['package.json', 'package-lock.json'] };
    const network = { ...NetworkPolicy.create(), setup: [{ ...NetworkRule.create(), preset: 'NPM' }] };
    const withSetup: SpecOf = { environmentId: 'bench', trustedBase: true, cacheEpoch: '0', setup, network };
    await harness.warmBase();
    const first = await provisioned(harness, 'first', withSetup);
    if (first.result.setupCache !== 'MISS')
      throw new Error(`the first set-up was a ${String(first.result.setupCache)}`);
    const none: number[] = [];
    const hit: number[] = [];
    for (let index = 0; index < runs; index += 1) {
      none.push((await provisioned(harness, `none-${String(index)}`, {})).ms);
      const next = await provisioned(harness, `hit-${String(index)}`, withSetup);
      if (next.result.setupCache !== 'HIT') throw new Error(`a later set-up was a ${String(next.result.setupCache)}`);
      hit.push(next.ms);
    }
    return { none, hit, miss: first.ms, byHand: await byHand(directory) };
  } finally {
    await harness.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

async function provisioned(
  harness: RunnerHarness,
  id: string,
  spec: SpecOf,
): Promise<{ ms: number; result: ProvisionResult }> {
  const owner = harness.attempt(id, ['true'], spec);
  const begin = performance.now();
  const result = await provision(harness.context, owner, harness.signal);
  const ms = performance.now() - begin;
  await release(harness.context, owner);
  await harness.cleared();
  return { ms, result };
}

/** In a copy of the same tree; npm's cache is in it, and empty. */
async function byHand(directory: string): Promise<number> {
  const copy = join(directory, 'by-hand');
  await cp(join(directory, 'work'), copy, { recursive: true });
  const [program = '', ...args] = INSTALL.split(' ');
  const begin = performance.now();
  await run(program, [...args, '--cache', join(copy, '.cache')], { cwd: copy });
  return performance.now() - begin;
}

const [, , runs = ''] = process.argv;
// What runs in sandboxes is nobody's child: nothing else keeps this process alive while it waits for them.
const alive = setInterval(() => undefined, 1_000);
process.stdout.write(JSON.stringify(await main(Number(runs))));
clearInterval(alive);
