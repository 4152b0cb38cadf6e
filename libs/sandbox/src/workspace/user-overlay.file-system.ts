import { relative } from 'node:path';
import { createHomeDirectories, type BoxPaths } from './box-paths.js';
import type { Layer, WorkspaceFileSystem } from './workspace-file-system.js';

/**
 * Mounts inside the namespace that `unshare` just made and becomes the command; `$0` is the work tree's options, `$1` the
 * home's or empty.
 */
const MOUNT_AND_EXEC =
  'mount -t overlay heddle -o "$0" merged && { [ -z "$1" ] || mount -t overlay heddle -o "$1" disk/home; } && shift && exec "$@"';

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

  mountHome(paths: BoxPaths, _layers: readonly Layer[], uid: number): Promise<void> {
    return createHomeDirectories(paths, uid);
  }

  unmount(): Promise<void> {
    return Promise.resolve();
  }

  enter(
    paths: BoxPaths,
    layers: readonly Layer[],
    command: readonly string[],
    homeLayers: readonly Layer[] = [],
  ): readonly string[] {
    const within = (path: string): string =>
      relative(paths.root, path).replace(/[\\:,]/g, (character) => `\\${character}`);
    const options = (lowers: readonly Layer[], upper: string, work: string): string =>
      `lowerdir=${lowers.map((layer) => within(layer.path)).join(':')},upperdir=${within(upper)},workdir=${within(work)},userxattr`;
    return [
      '/usr/bin/unshare',
      '--user',
      '--map-root-user',
      '--mount',
      `--wd=${paths.root}`,
      '/bin/sh',
      '-c',
      MOUNT_AND_EXEC,
      options(layers, paths.upper, paths.work),
      homeLayers.length === 0 ? '' : options(homeLayers, paths.homeUpper, paths.homeWork),
      ...command,
    ];
  }
}
