import { execFile } from 'node:child_process';
import { chown, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { boxPaths, createBoxDirectories } from './box-paths.js';
import { CloneFileSystem } from './clone.file-system.js';
import { OverlayFileSystem, type OverlayFeatures } from './overlay.file-system.js';
import { removeTree } from './remove-tree.js';
import { UserOverlayFileSystem } from './user-overlay.file-system.js';
import type { WorkspaceFileSystem } from './workspace-file-system.js';

const run = promisify(execFile);

/** Best first; each has a younger kernel than the next. */
const OVERLAY_FEATURES: readonly OverlayFeatures[] = [
  { isVolatile: true, mapsOwners: true },
  { isVolatile: true, mapsOwners: false },
  { isVolatile: false, mapsOwners: false },
  { isVolatile: true, mapsOwners: false, isInUserNamespace: true },
];

/** Uids that only the trial uses. */
const [TRIAL_OWNER, TRIAL_USER] = [199_997, 199_998];

/**
 * Tries, in a throw-away directory below `directory` (the file system that matters), what this host allows: an overlay
 * by mount, an overlay in a user namespace (`commandsMayUnshare`: not for commands that run as another uid), a copy.
 * @param without.userPerSandbox true: no mapping of owners, as on an older kernel
 */
export async function chooseFileSystem(
  directory: string,
  commandsMayUnshare: boolean,
  without: { readonly userPerSandbox: boolean } = { userPerSandbox: false },
): Promise<WorkspaceFileSystem> {
  const reasons: string[] = [];
  if (process.getuid?.() === 0) {
    let fault: string | undefined;
    for (const features of OVERLAY_FEATURES) {
      if (features.mapsOwners && without.userPerSandbox) continue;
      const overlay = new OverlayFileSystem(features);
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
    const maps = fileSystem.mapsOwners;
    const uid = maps ? TRIAL_USER : (process.getuid?.() ?? 0);
    const layers = [{ path: lower, removed: [], owner: maps ? TRIAL_OWNER : undefined }];
    if (maps) await chown(join(lower, 'file'), TRIAL_OWNER, TRIAL_OWNER);
    await createBoxDirectories(paths, uid);
    await fileSystem.mount(paths, layers, uid);
    const [program = '', ...args] = fileSystem.enter(paths, layers, [
      '/bin/sh',
      '-c',
      'cat merged/file && echo new > merged/file',
    ]);
    const { stdout } = await run(program, args, { cwd: paths.root });
    const written = join(paths.upper, 'file');
    if (stdout !== 'base' || (await readFile(written, 'utf8')) !== 'new\n')
      return 'writes do not arrive in the upper layer';
    return (await stat(written)).uid === uid ? undefined : 'files of a layer do not belong to its user';
  } catch (error) {
    return error instanceof Error
      ? (error.cause instanceof Error ? error.cause.message : error.message).split('\n')[0]
      : String(error);
  } finally {
    await fileSystem.unmount(paths);
    await removeTree(root);
  }
}
