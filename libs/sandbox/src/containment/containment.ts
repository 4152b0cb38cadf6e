import type { CgroupLimits } from '../cgroup/cgroup-limits.js';
import type { CgroupUsage } from '../cgroup/cgroup-usage.js';

/** How everything that runs in one box is found, stopped and killed. */
export interface Containment {
  /** Control groups that a starting process must join; empty where there are none. */
  readonly directories: readonly string[];
  create(limits: CgroupLimits): Promise<void>;
  /** Process ids as the host numbers them. */
  members(): Promise<number[]>;
  /** Undefined where nothing counts. */
  usage(): CgroupUsage | undefined;
  isFrozen(): Promise<boolean>;
  freeze(limitMs: number): Promise<void>;
  thaw(): Promise<void>;
  killAll(limitMs: number): Promise<void>;
  remove(): Promise<void>;
}
