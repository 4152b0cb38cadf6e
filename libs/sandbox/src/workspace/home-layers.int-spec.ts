import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { useTemporaryDirectories } from '@heddle/testing';
import { boxPaths, createBoxDirectories, type BoxPaths } from './box-paths.js';
import { CloneFileSystem } from './clone.file-system.js';
import { mountsBelow } from './mount-table.js';
import { OverlayFileSystem } from './overlay.file-system.js';
import { removeTree } from './remove-tree.js';
import { UserOverlayFileSystem } from './user-overlay.file-system.js';
import type { WorkspaceFileSystem } from './workspace-file-system.js';

const run = promisify(execFile);
const temporary = useTemporaryDirectories();
const uid = process.getuid?.() ?? 0;

/** The script runs in the box's root, where `merged` and `disk/home` are what a program of the box sees. */
async function runOver(
  fileSystem: WorkspaceFileSystem,
  script: string,
): Promise<{ readonly stdout: string; readonly paths: BoxPaths; readonly home: string }> {
  const directory = await temporary('home');
  await chmod(directory, 0o755);
  const [base, home] = [join(directory, 'base'), join(directory, 'layer')];
  await mkdir(base);
  await mkdir(join(home, '.cache'), { recursive: true });
  await writeFile(join(home, '.cache', 'kept'), 'kept');
  await writeFile(join(home, '.cache', 'changed'), 'old');
  const paths = boxPaths(join(directory, 'box'));
  const layers = [{ path: base, removed: [] }];
  const homeLayers = [{ path: home, removed: [] }];
  await createBoxDirectories(paths, uid);
  // A supervisor that comes back repeats both.
  for (let again = 0; again < 2; again++) {
    await fileSystem.mount(paths, layers, uid);
    await fileSystem.mountHome(paths, homeLayers, uid);
  }
  const [program = '', ...args] = fileSystem.enter(paths, layers, ['/bin/bash', '-ec', script], homeLayers);
  try {
    const { stdout } = await run(program, args, { cwd: paths.root });
    return { stdout, paths, home };
  } finally {
    await fileSystem.unmount(paths);
    await fileSystem.unmount(paths);
    expect(await mountsBelow(paths.root)).toEqual([]);
  }
}

const SCRIPT =
  'cd disk; cat home/.cache/kept; echo new > home/.cache/changed; echo more > home/.cache/more; ls -A ../merged';

describe('a home over layers', () => {
  it.each([
    ['an overlay by mount', new OverlayFileSystem()],
    ['an overlay in a user namespace', new UserOverlayFileSystem('')],
  ])('is written to beside them: %s', async (_, fileSystem) => {
    const { stdout, paths, home } = await runOver(fileSystem, SCRIPT);
    expect(stdout).toBe('kept');
    expect(await readFile(join(home, '.cache', 'changed'), 'utf8')).toBe('old');
    expect((await readdir(join(paths.homeUpper, '.cache'))).sort()).toEqual(['changed', 'more']);
    await removeTree(paths.root);
  });

  it('is a copy of its own where no overlay can be had', async () => {
    const { stdout, paths, home } = await runOver(new CloneFileSystem(''), SCRIPT);
    expect(stdout).toBe('kept');
    expect(await readFile(join(home, '.cache', 'changed'), 'utf8')).toBe('old');
    expect((await readdir(join(paths.home, '.cache'))).sort()).toEqual(['changed', 'kept', 'more']);
  });
});
