import { rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { errnoOf, SandboxError } from '../sandbox-error.js';
import { MNT_DETACH, mountFileSystem, MS_NODEV, MS_NOSUID, unmountFileSystem } from '../native/libc.js';
import { createHomeDirectories, type BoxPaths } from './box-paths.js';
import { mountsBelow } from './mount-table.js';
import { MappedLayers } from './mapped-layers.js';
import type { Layer, WorkspaceFileSystem } from './workspace-file-system.js';

/** Said aloud, whatever the kernel's defaults are: redirects make `git mv` of a directory work, the others would make uppers unreadable. */
const OPTIONS = 'redirect_dir=on,metacopy=off,index=off,xino=off';

/** In a user namespace the kernel's own marks can't be written, and with a user's marks there are no redirects. */
const USER_OPTIONS = 'userxattr,metacopy=off,index=off,xino=off';

export interface OverlayFeatures {
  /**
   * Without it every unmount, and every `fsync` of an agent, waits until the whole file system of all sandboxes is on the
   * disk. Nothing relies on an upper after a loss of power: what is not stored by then is done again in a fresh box. For
   * kernels from 5.10 on.
   */
  readonly isVolatile: boolean;
  /** Layers may belong to another uid than the box. For kernels from 5.19 on. */
  readonly mapsOwners: boolean;
  /** Root is one of a user namespace. For kernels from 5.11 on. */
  readonly isInUserNamespace?: boolean;
}

const ALL_FEATURES: OverlayFeatures = { isVolatile: true, mapsOwners: true };

interface OverlayPlace {
  readonly upper: string;
  readonly work: string;
  readonly target: string;
}

/** An overlay that the platform mounts itself. Needs CAP_SYS_ADMIN. */
export class OverlayFileSystem implements WorkspaceFileSystem {
  readonly kind = 'OVERLAY';
  readonly reason: string | undefined;
  readonly attributePrefix: 'trusted.overlay.' | 'user.overlay.';
  readonly mapsOwners: boolean;
  private readonly options: string;

  constructor({ isVolatile, mapsOwners, isInUserNamespace = false }: OverlayFeatures = ALL_FEATURES) {
    this.mapsOwners = mapsOwners;
    this.attributePrefix = isInUserNamespace ? 'user.overlay.' : 'trusted.overlay.';
    this.reason = isInUserNamespace ? 'in a user namespace directories of the base can not be renamed' : undefined;
    this.options = `${isVolatile ? 'volatile,' : ''}${isInUserNamespace ? USER_OPTIONS : OPTIONS}`;
  }

  mount(paths: BoxPaths, layers: readonly Layer[], uid = process.getuid?.() ?? 0): Promise<void> {
    return this.overlay(paths, layers, uid, { upper: paths.upper, work: paths.work, target: paths.merged });
  }

  async mountHome(paths: BoxPaths, layers: readonly Layer[], uid: number): Promise<void> {
    await createHomeDirectories(paths, uid);
    await this.overlay(paths, layers, uid, { upper: paths.homeUpper, work: paths.homeWork, target: paths.home });
  }

  private async overlay(paths: BoxPaths, layers: readonly Layer[], uid: number, place: OverlayPlace): Promise<void> {
    if ((await mountsBelow(place.target)).length > 0) return;
    // The mark that a volatile mount leaves for those who rely on uppers: the kernel would refuse the next one.
    await rm(join(place.work, 'work', 'incompat'), { recursive: true, force: true });
    const mapped = await MappedLayers.open(paths, layers, uid);
    const { root } = paths;
    const here = process.cwd();
    // Relative names: a box can read its mount's options, and a colon or comma in the data directory's path would end a name.
    // Nothing else runs between the two chdir calls: all three are synchronous.
    process.chdir(root);
    try {
      const within = (path: string): string => escapeLower(relative(root, path));
      const lower = mapped.attach().map(within).join(':');
      mountFileSystem(
        'overlay',
        'heddle',
        relative(root, place.target),
        MS_NOSUID | MS_NODEV,
        `lowerdir=${lower},upperdir=${within(place.upper)},workdir=${within(place.work)},${this.options}`,
      );
    } catch (error) {
      throw new SandboxError('SANDBOX_MOUNT_FAILED', `cannot mount ${place.target}`, { cause: error });
    } finally {
      mapped.detach();
      process.chdir(here);
    }
  }

  async unmount(paths: BoxPaths): Promise<void> {
    await this.unmountOne(paths.merged);
    await this.unmountOne(paths.home);
  }

  private async unmountOne(target: string): Promise<void> {
    try {
      await unmountFileSystem(target);
    } catch (error) {
      const word = errnoOf(error);
      if (word === 'EINVAL' || word === 'ENOENT') return;
      if (word !== 'EBUSY') throw error;
      // A person's shell may stand in it; the mount goes when they leave.
      await unmountFileSystem(target, MNT_DETACH);
    }
  }

  enter(_paths: BoxPaths, _layers: readonly Layer[], command: readonly string[]): readonly string[] {
    return command;
  }
}

function escapeLower(path: string): string {
  return path.replace(/[\\:,]/g, (character) => `\\${character}`);
}
