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
  /** Undoes `open`; what the box wrote stays. Repeating it is harmless. */
  close(paths: BoxPaths): Promise<void>;
  usage(paths: BoxPaths, limits: DiskLimits): Promise<DiskUsage | undefined>;
  /** False where the host's own disk did not take what the box had written. */
  isWhole(paths: BoxPaths): Promise<boolean>;
}
