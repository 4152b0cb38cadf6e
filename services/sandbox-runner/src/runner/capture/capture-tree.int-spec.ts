import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { useTemporaryDirectories } from '@heddle/testing';
import { RunnerHarness } from '../../testing/runner-harness.js';
import { capture } from '../phases/capture.phase.js';
import { provision } from '../phases/provision.phase.js';
import { release } from '../phases/release.phase.js';
import { runTurn } from '../phases/run-turn.phase.js';
import { captureTree, type CapturedTree } from './capture-tree.js';

const run = promisify(execFile);

const isRoot = process.getuid?.() === 0;
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

/** Captures one file of `bytes` zeros into a file system of 1 MiB. */
async function captureInto(disk: string, bytes: number): Promise<CapturedTree> {
  const owner = harness.attempt('disk', ['true']);
  await provision(harness.context, owner, harness.signal);
  const { base } = await harness.context.sandboxes.get(owner);
  await release(harness.context, owner);
  const source = join(await temporary('source'), 'file');
  await writeFile(source, Buffer.alloc(bytes, Math.random().toString()));
  const path = Buffer.from('new');
  return captureTree({
    base,
    found: {
      changes: [{ kind: 'file', path, source: Buffer.from(source), executable: false, bytes }],
      notices: [],
    },
    upper: { directory: join(source, '..'), mode: 'copy' },
    directory: join(disk, 'capture'),
    message: 'm',
    date: new Date(0),
    onStaged: async () => {
      // What is left of the disk once all is staged is too little for any object.
      await run('/bin/sh', ['-c', 'head -c 1048576 /dev/zero > fill || true'], { cwd: disk });
    },
  });
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

  it('is the same for executions of one capture that run at once', async () => {
    const { context, signal } = harness;
    const owner = harness.attempt('twice', ['bash', '-c', 'for i in $(seq 200); do echo $i > n$i; done']);
    await provision(context, owner, signal);
    await runTurn(context, owner, 1, signal);
    const both = [1, 2].map(() => capture(context, { owner, turn: 1, partial: false }, signal));
    const [first, second] = await Promise.all(both);
    expect(second).toEqual(first);
    await release(context, owner);
  });

  it('is not stored again of an agent that changed nothing since, and the agent goes on', async () => {
    const { context, signal } = harness;
    const owner = harness.attempt('thinks', ['bash', '-c', 'echo up; while [ ! -e stop ]; do sleep 0.02; done']);
    await provision(context, owner, signal);
    const running = runTurn(context, owner, 1, signal);
    await harness.until(() => harness.publisher.texts('thinks').includes('up'));
    const sandbox = await context.sandboxes.get(owner);
    const box = sandbox.box('agent', [sandbox.baseLayer]);
    const request = { box, turn: 1, final: false, partial: true, at: 0 };
    expect(await context.checkpoints.takeFrozen(sandbox, request, () => Promise.resolve(false))).toBeUndefined();
    expect((await sandbox.state()).checkpoints.size).toBe(0);
    await writeFile(join(box.paths.merged, 'stop'), '');
    expect(await running).toMatchObject({ outcome: 'EXITED', exitCode: 0 });
    await release(context, owner);
  });

  it('leaves out a path that git refuses, with a notice', async () => {
    expect(
      await treeAfter(
        'refused',
        "echo '*.odd working-tree-encoding=UTF-16' > .gitattributes; echo x > a.odd; echo y > b",
      ),
    ).toEqual(expect.arrayContaining(['100644 .gitattributes', '100644 b']));
    expect(harness.store.stored.at(-1)?.notices).toMatchObject([{ reason: 'UNSTORABLE', path: 'a.odd' }]);
  });

  (isRoot ? it : it.skip)('is none at all, rather than one without its files, where the disk is full', async () => {
    const disk = await temporary('disk');
    await run('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=755', 'tmpfs', disk]);
    try {
      await expect(captureInto(disk, 1_000)).rejects.toMatchObject({ name: 'GitError', kind: 'exit' });
    } finally {
      await run('umount', [disk]);
    }
  });
});
