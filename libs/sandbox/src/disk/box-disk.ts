import type { BoxPaths } from '../workspace/box-paths.js';

export interface DiskLimits {
  readonly diskBytes?: number | undefined;
  readonly diskInodes?: number | undefined;
}

export interface DiskUsage {
  readonly bytes: number;
  readonly inodes: number;
  /** Nothing more can be written, or no more files can be made. */
  readonly full: boolean;
  /** False where somebody has to end the box when it is full: the kernel lets it go on. */
  readonly enforced: boolean;
}

/** Where a box's own files (upper, overlay work directory, home) lie, and how many there may be. */
export interface BoxDisk {
  /** Why the kernel does not hold boxes to their limits; undefined where it does. */
  readonly reason: string | undefined;
  /** Makes `paths.disk` ready to be written to. Repeating it is harmless. */
  open(paths: BoxPaths, limits: DiskLimits): Promise<void>;
  /**
   * Makes what a closed box wrote visible for this one, read-only where the host can, until `close`. Repeating it is
   * harmless.
   * @returns the directory in which it is as in that one's `disk`
   */
  openAbove(paths: BoxPaths, ended: BoxPaths): Promise<string>;
  /** Undoes `open` and `openAbove`; what the box wrote stays. Repeating it is harmless. */
  close(paths: BoxPaths): Promise<void>;
  usage(paths: BoxPaths, limits: DiskLimits): Promise<DiskUsage | undefined>;
  /** False where the host's own disk did not take what the box had written. */
  isWhole(paths: BoxPaths): Promise<boolean>;
}
