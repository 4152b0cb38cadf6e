import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { errnoOf, SandboxError } from '../sandbox-error.js';
import type { Containment } from '../containment/containment.js';
import type { CgroupHierarchy, V1Groups } from './cgroup-hierarchy.js';
import { writeCgroupLimits, type CgroupLimits } from './cgroup-limits.js';
import { readCgroupUsage, type CgroupUsage } from './cgroup-usage.js';

const POLL_MS = 2;
const REMOVE_MS = 5_000;

/** The control group of one box: everything that runs in it, and nothing else, is in here. */
export class SandboxCgroup implements Containment {
  private constructor(
    readonly name: string,
    private readonly v2: string | undefined,
    private readonly v1: V1Groups,
  ) {}

  /** The group's handle; nothing is made yet. */
  static at(hierarchy: CgroupHierarchy, name: string): SandboxCgroup {
    const v1: Record<string, string> = {};
    for (const [controller, parent] of Object.entries(hierarchy.v1 as Record<string, string>))
      v1[controller] = join(parent, name);
    return new SandboxCgroup(name, hierarchy.v2 === undefined ? undefined : join(hierarchy.v2, name), v1);
  }

  /** True if the whole tree can be frozen, listed and killed here. */
  get canContain(): boolean {
    return this.v2 !== undefined || this.v1.freezer !== undefined;
  }

  /** Directories whose `cgroup.procs` a starting process must join. */
  get directories(): string[] {
    const { freezer, memory, pids, cpu, cpuacct } = this.v1;
    // One mount may carry several controllers.
    return [...new Set([this.v2, freezer, memory, pids, cpu, cpuacct].filter((path) => path !== undefined))];
  }

  async create(limits: CgroupLimits): Promise<void> {
    await Promise.all(this.directories.map((path) => mkdir(path, { recursive: true })));
    const { memory, pids, cpu } = this.v1;
    await writeCgroupLimits({ v2: this.v2, memory, pids, cpu }, limits);
  }

  usage(): CgroupUsage {
    const { memory, pids, cpuacct } = this.v1;
    return readCgroupUsage({ v2: this.v2, memory, pids, cpuacct });
  }

  /** Process ids in the group, as this process's namespace sees them. */
  async members(): Promise<number[]> {
    const path = this.v2 ?? this.v1.freezer;
    if (path === undefined) return [];
    try {
      const text = await readFile(join(path, 'cgroup.procs'), 'utf8');
      return text.split('\n').filter(Boolean).map(Number);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENODEV') return [];
      throw error;
    }
  }

  async exists(): Promise<boolean> {
    const path = this.v2 ?? this.v1.freezer;
    if (path === undefined) return false;
    return readdir(path).then(
      () => true,
      () => false,
    );
  }

  /** Ends when every process of the tree is stopped; SANDBOX_NOT_FROZEN after `limitMs` (and it is thawed again). */
  async freeze(limitMs: number): Promise<void> {
    if (!this.canContain) throw new SandboxError('SANDBOX_NOT_FROZEN', 'this host has no freezer for sandboxes');
    await this.setFrozen(true);
    const end = performance.now() + limitMs;
    while (!(await this.isFrozen())) {
      if (performance.now() > end) {
        await this.thaw();
        throw new SandboxError('SANDBOX_NOT_FROZEN', `the sandbox did not freeze within ${String(limitMs)} ms`);
      }
      await delay(POLL_MS);
    }
  }

  async thaw(): Promise<void> {
    await this.setFrozen(false);
  }

  /** Kills everything in the group again and again until it is empty; SANDBOX_NOT_EMPTY after `limitMs`. */
  async killAll(limitMs: number): Promise<void> {
    const end = performance.now() + limitMs;
    for (;;) {
      const members = await this.members();
      if (members.length === 0) return;
      await this.killOnce(members);
      if (performance.now() > end) {
        throw new SandboxError(
          'SANDBOX_NOT_EMPTY',
          `processes ${members.join(', ')} outlived SIGKILL for ${String(limitMs)} ms`,
        );
      }
      await delay(POLL_MS);
    }
  }

  /** Removes the empty group. A process that is not listed any more may hold it for another moment. */
  async remove(): Promise<void> {
    for (const path of this.directories) await removeGroup(path);
  }

  private async killOnce(members: readonly number[]): Promise<void> {
    if (this.v2 !== undefined) {
      try {
        await writeFile(join(this.v2, 'cgroup.kill'), '1');
        return;
      } catch (error) {
        // Kernels before 5.14 have no cgroup.kill: one by one then.
        if (errnoOf(error) !== 'ENOENT' && errnoOf(error) !== 'EACCES') throw error;
      }
    }
    for (const pid of members) killQuietly(pid, 'SIGKILL');
    // A frozen v1 group dies only once it is thawed.
    if (this.v1.freezer !== undefined) await this.thaw();
  }

  private async setFrozen(frozen: boolean): Promise<void> {
    if (this.v2 !== undefined) await writeFile(join(this.v2, 'cgroup.freeze'), frozen ? '1' : '0');
    else if (this.v1.freezer !== undefined) {
      await writeFile(join(this.v1.freezer, 'freezer.state'), frozen ? 'FROZEN' : 'THAWED');
    }
  }

  async isFrozen(): Promise<boolean> {
    if (this.v2 !== undefined) return /^frozen 1$/m.test(await readFile(join(this.v2, 'cgroup.events'), 'utf8'));
    if (this.v1.freezer !== undefined) {
      return (await readFile(join(this.v1.freezer, 'freezer.state'), 'utf8')).trim() === 'FROZEN';
    }
    return false;
  }
}

async function removeGroup(path: string): Promise<void> {
  for (const end = performance.now() + REMOVE_MS; ;) {
    try {
      await rmdir(path);
      return;
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return;
      if (errnoOf(error) !== 'EBUSY' || performance.now() > end) throw error;
    }
    await delay(POLL_MS);
  }
}

/** Signals a process that may be gone already. */
export function killQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (errnoOf(error) !== 'ESRCH') throw error;
  }
}
