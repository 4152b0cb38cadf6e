import { relative } from 'node:path';
import type { BoxPaths } from './box-paths.js';
import type { Layer, WorkspaceFileSystem } from './workspace-file-system.js';

/** Mounts inside the namespace that `unshare` just made and becomes the command; `$0` is the options. */
const MOUNT_AND_EXEC = 'mount -t overlay heddle -o "$0" merged && exec "$@"';

/**
 * An overlay in a user namespace of the command's own: needs no privilege, is gone with its last process.
 * Such a mount can't have redirects: renaming a directory of the base gives EXDEV, which most tools bear by copying.
 */
export class UserOverlayFileSystem implements WorkspaceFileSystem {
  readonly kind = 'USER_OVERLAY';
  readonly attributePrefix = 'user.overlay.';
  readonly mapsOwners = false;

  constructor(readonly reason: string | undefined) {}

  mount(): Promise<void> {
    return Promise.resolve();
  }

  unmount(): Promise<void> {
    return Promise.resolve();
  }

  enter(paths: BoxPaths, layers: readonly Layer[], command: readonly string[]): readonly string[] {
    const lower = layers
      .map((layer) => relative(paths.root, layer.path).replace(/[\\:,]/g, (character) => `\\${character}`))
      .join(':');
    const [upper, work] = [paths.upper, paths.work].map((path) => relative(paths.root, path));
    const options = `lowerdir=${lower},upperdir=${upper ?? ''},workdir=${work ?? ''},userxattr`;
    return [
      '/usr/bin/unshare',
      '--user',
      '--map-root-user',
      '--mount',
      `--wd=${paths.root}`,
      '/bin/sh',
      '-c',
      MOUNT_AND_EXEC,
      options,
      ...command,
    ];
  }
}
