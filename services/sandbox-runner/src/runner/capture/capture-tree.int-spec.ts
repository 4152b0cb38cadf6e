import { execFile } from 'node:child_process';
import { stat, writeFile } from 'node:fs/promises';
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
const BASE = `mkdir d e; echo 1 > d/f; echo 2 > d/ig; echo 3 > e/f; ln -s d link; ln -s e other; ln -s nowhere dangling; ln -s loop loop; ln -s / root; echo ig > .gitignore; printf 'dos\\r\\nlines\\r\\n' | tee old.dos > old.txt`;

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
      ignored: 0,
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
      '100644 old.dos',
      '100644 old.txt',
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
      '100644 old.dos',
      '100644 old.txt',
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

  it.each([
    ['lines', "echo '*.dos text eol=crlf'"],
    ['lines-after-a-mark', "printf '\\357\\273\\277*.dos text eol=crlf\\n'"],
  ])('is, checked out, what the agent had, also where it changed how lines end (%s)', async (id, rule) => {
    const { context, signal, store } = harness;
    const owner = harness.attempt(id, ['bash', '-ec', `${rule} > .gitattributes; echo new > new.dos`]);
    await provision(context, owner, signal);
    await runTurn(context, owner, 1, signal);
    const { commit } = await capture(context, { owner, turn: 1, partial: false }, signal);
    await release(context, owner);
    expect(await store.read(commit, 'old.dos')).toBe('dos\nlines\n');
    expect(await store.read(commit, 'new.dos')).toBe('new\n');
    expect(await store.read(commit, 'old.txt')).toBe('dos\r\nlines\r\n');
  });

  it('says what it left out by the ignore rules, and what of LFS it stored as it was', async () => {
    await treeAfter(
      'told',
      "echo '*.big filter=lfs' > .gitattributes; echo content > a.big; mkdir ig; touch ig/1 ig/2",
    );
    expect(harness.store.stored.at(-1)?.notices).toMatchObject([
      { reason: 'LFS_CONTENT', path: 'a.big' },
      { reason: 'IGNORED_FILES', message: expect.stringContaining('2 files') },
    ]);
  });

  it('has no attributes of a file that git would not read', async () => {
    const script = "ln -s '* eol=crlf text' .gitattributes; printf 'a\\r\\n' > a";
    expect(await treeAfter('link', script)).toEqual(expect.arrayContaining(['120000 .gitattributes', '100644 a']));
    const stored = harness.store.stored.at(-1)?.commit ?? '';
    expect(await harness.store.read(stored, 'a')).toBe('a\r\n');
  });

  it('stores nothing by an attribute file that git refuses', async () => {
    const rule = '* text working-tree-encoding=UTF-16';
    const script = `mkdir ruled; echo '${rule}' > ruled/.gitattributes; printf 'a\\r\\n' > ruled/a; echo b > ruled/b.txt`;
    const files = await treeAfter('ruled', script);
    expect(files).toEqual(expect.arrayContaining(['100644 ruled/a', '100644 ruled/b.txt']));
    expect(files).not.toContain('100644 ruled/.gitattributes');
    const { commit = '', notices } = harness.store.stored.at(-1) ?? {};
    expect(notices).toMatchObject([{ reason: 'UNSTORABLE', path: 'ruled/.gitattributes' }]);
    expect(await harness.store.read(commit, 'ruled/a')).toBe('a\r\n');
  });

  it('says which files hold a secret', async () => {
    const owner = harness.attempt('secret', ['true']);
    await provision(harness.context, owner, harness.signal);
    const { base } = await harness.context.sandboxes.get(owner);
    await release(harness.context, owner);
    const box = await temporary('box');
    await writeFile(join(box, 'held'), `key: ${Buffer.from('user:top-secret-1').toString('base64')}`);
    await writeFile(join(box, 'clean'), 'nothing');
    const file = (name: string, bytes: number) =>
      ({
        kind: 'file',
        path: Buffer.from(name),
        source: Buffer.from(join(box, name)),
        executable: false,
        bytes,
      }) as const;
    const captured = await captureTree({
      base,
      found: {
        changes: [
          file('held', (await stat(join(box, 'held'))).size),
          file('clean', 7),
          { kind: 'symlink', path: Buffer.from('link'), target: Buffer.from('/top-secret-1') },
        ],
        notices: [],
        ignored: 0,
      },
      upper: { directory: box, mode: 'copy' },
      directory: join(box, 'capture'),
      message: 'm',
      date: new Date(0),
      secretValues: ['short', 'top-secret-1'],
      onStaged: () => Promise.resolve(),
    });
    expect(captured.secretPaths).toEqual([
      { path: Buffer.from('held'), values: [1] },
      { path: Buffer.from('link'), values: [1] },
    ]);
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
