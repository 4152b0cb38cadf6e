import type { BoxPaths } from './box-paths.js';

/** A read-only directory below a box. */
export interface Layer {
  readonly path: string;
  /** Paths (bytes as latin1) of lower layers that this one hides; on disk they are whiteouts, a plain copy needs to be told. */
  readonly removed: readonly string[];
  /** Uid that its files belong to on disk, where that is not the box's: only for a file system that `mapsOwners`. */
  readonly owner?: number | undefined;
}

export type FileSystemKind = 'OVERLAY' | 'USER_OVERLAY' | 'CLONE';

/** How a box gets its own writable work tree over read-only lowers. */
export interface WorkspaceFileSystem {
  readonly kind: FileSystemKind;
  /** Why it is not the best one; undefined for the best. */
  readonly reason: string | undefined;
  /** Where the kernel keeps its marks on upper directories; undefined where nothing is marked. */
  readonly attributePrefix: 'trusted.overlay.' | 'user.overlay.' | undefined;
  /** True if layers of other owners show as the box's own. */
  readonly mapsOwners: boolean;
  /** Makes `merged` show the layers (topmost first) below the box's own writes. Repeating it is harmless. */
  mount(paths: BoxPaths, layers: readonly Layer[], uid: number): Promise<void>;
  /** Makes `home` show the layers (topmost first, at least one) below the box's own writes. Repeating it is harmless. */
  mountHome(paths: BoxPaths, layers: readonly Layer[], uid: number): Promise<void>;
  /** Undoes both; what the box wrote stays. Repeating it is harmless. */
  unmount(paths: BoxPaths): Promise<void>;
  /** What has to run around a command so that it sees `merged`; only a mount that lives and dies with the command needs it. */
  enter(
    paths: BoxPaths,
    layers: readonly Layer[],
    command: readonly string[],
    homeLayers?: readonly Layer[],
  ): readonly string[];
}
