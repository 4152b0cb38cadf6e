import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { useTemporaryDirectories } from '@heddle/testing';
import { RunnerHarness } from '../../testing/runner-harness.js';
import { capture } from '../phases/capture.phase.js';
import { provision } from '../phases/provision.phase.js';
import { release } from '../phases/release.phase.js';
import { runTurn } from '../phases/run-turn.phase.js';

const BASE = `mkdir d e; echo 1 > d/f; echo 2 > d/ig; echo 3 > e/f; ln -s d link; ln -s e other; ln -s nowhere dangling; ln -s loop loop; ln -s / root; echo ig > .gitignore`;

let harness: RunnerHarness;

beforeAll(async () => {
  harness = await RunnerHarness.start(await temporary('capture'), BASE);
});

afterAll(async () => {
  expect(await harness.stop()).toEqual([]);
});

const temporary = useTemporaryDirectories();

/** The files of what a script makes of the base. */
async function treeAfter(id: string, script: string): Promise<string[]> {
  const { context, signal } = harness;
  const owner = harness.attempt(id, ['bash', '-ec', script]);
  await provision(context, owner, signal);
  expect(await runTurn(context, owner, 1, signal)).toMatchObject({ outcome: 'EXITED', exitCode: 0 });
  const { commit } = await capture(context, { owner, turn: 1, partial: false }, signal);
  await release(context, owner);
  return harness.store.list(commit);
}

describe('a captured tree', () => {
  it('lacks the symlinks that the agent removed, wherever they point, and nothing else', async () => {
    expect(await treeAfter('removed', 'rm link dangling loop root; mv other moved')).toEqual([
      '100644 .gitignore',
      '100644 d/f',
      '100644 d/ig',
      '100644 e/f',
      '120000 moved',
    ]);
  });

  it('does not take what lies behind a symlink of the base for tracked', async () => {
    expect(await treeAfter('behind', 'rm link root; mkdir link root; echo x > link/ig; echo y > link/f')).toEqual([
      '100644 .gitignore',
      '100644 d/f',
      '100644 d/ig',
      '120000 dangling',
      '100644 e/f',
      '100644 link/f',
      '120000 loop',
      '120000 other',
    ]);
  });
});
