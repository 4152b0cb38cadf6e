import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { boxPaths, createBoxDirectories } from './box-paths.js';
import { CloneFileSystem } from './clone.file-system.js';
import { OverlayFileSystem } from './overlay.file-system.js';
import { removeTree } from './remove-tree.js';
import { UserOverlayFileSystem } from './user-overlay.file-system.js';
import type { WorkspaceFileSystem } from './workspace-file-system.js';

const run = promisify(execFile);

/**
 * Tries, in a throw-away directory below `directory` (the file system that matters), what this host allows: an overlay
 * by mount, an overlay in a user namespace (`commandsMayUnshare`: not for commands that run as another uid), a copy.
 */
export async function chooseFileSystem(directory: string, commandsMayUnshare: boolean): Promise<WorkspaceFileSystem> {
  const reasons: string[] = [];
  if (process.getuid?.() === 0) {
    let fault: string | undefined;
    for (const overlay of [new OverlayFileSystem(), new OverlayFileSystem(false)]) {
      fault = await tryOut(directory, overlay);
      if (fault === undefined) return overlay;
    }
    reasons.push(`overlay mount: ${fault ?? ''}`);
  } else {
    reasons.push('overlay mount: needs root');
  }
  if (commandsMayUnshare) {
    const overlay = new UserOverlayFileSystem(reasons.join('; '));
    const fault = await tryOut(directory, overlay);
    if (fault === undefined) return overlay;
    reasons.push(`overlay in a user namespace: ${fault}`);
  }
  return new CloneFileSystem(reasons.join('; '));
}

async function tryOut(directory: string, fileSystem: WorkspaceFileSystem): Promise<string | undefined> {
  const root = join(directory, 'probe');
  const paths = boxPaths(join(root, 'box'));
  const lower = join(root, 'base');
  // A supervisor may have died in the middle of this.
  await removeTree(root);
  try {
    await mkdir(lower, { recursive: true });
    await writeFile(join(lower, 'file'), 'base');
    await createBoxDirectories(paths, process.getuid?.() ?? 0);
    await fileSystem.mount(paths, [{ path: lower, removed: [] }], process.getuid?.() ?? 0);
    const [program = '', ...args] = fileSystem.enter(
      paths,
      [{ path: lower, removed: [] }],
      ['/bin/sh', '-c', 'cat merged/file && echo new > merged/file'],
    );
    const { stdout } = await run(program, args, { cwd: paths.root });
    const written = await readFile(join(paths.upper, 'file'), 'utf8');
    return stdout === 'base' && written === 'new\n' ? undefined : 'writes do not arrive in the upper layer';
  } catch (error) {
    return error instanceof Error
      ? (error.cause instanceof Error ? error.cause.message : error.message).split('\n')[0]
      : String(error);
  } finally {
    await fileSystem.unmount(paths);
    await removeTree(root);
  }
}
