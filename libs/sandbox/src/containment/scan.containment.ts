import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { killQuietly } from '../cgroup/sandbox-cgroup.js';
import { readStatusFile } from '../process/exit-status.js';
import { errnoOf, SandboxError } from '../sandbox-error.js';
import type { Containment } from './containment.js';

const POLL_MS = 5;

/** Set in the environment of everything that runs without a boundary, so that it can be found again. */
export const BOX_VARIABLE = 'HEDDLE_BOX';

/**
 * Where no control group can be made: the box's processes are found by looking at all of the host's, by their pid
 * namespace or by the mark in their environment. Weaker than a group (a stopped process can be continued by its
 * sibling), and stated so in the boundary.
 */
export class ScanContainment implements Containment {
  readonly directories: readonly string[] = [];

  constructor(
    private readonly boxName: string,
    private readonly control: string,
  ) {}

  create(): Promise<void> {
    return Promise.resolve();
  }

  async members(): Promise<number[]> {
    const namespaces = await this.namespaces();
    const found: number[] = [];
    for (const entry of await readdir('/proc')) {
      if (/^\d+$/.test(entry) && (await this.belongs(entry, namespaces))) found.push(Number(entry));
    }
    return found;
  }

  usage(): undefined {
    return undefined;
  }

  /** What is stopped one by one can be continued by anybody inside: never taken for frozen. */
  isFrozen(): Promise<boolean> {
    return Promise.resolve(false);
  }

  async freeze(limitMs: number): Promise<void> {
    const end = performance.now() + limitMs;
    let stopped = -1;
    // Until a look finds nobody new: a process may have forked while its parent was being stopped.
    for (let members = await this.members(); members.length !== stopped; members = await this.members()) {
      for (const pid of members) killQuietly(pid, 'SIGSTOP');
      stopped = members.length;
      if (performance.now() > end) {
        await this.thaw();
        throw new SandboxError('SANDBOX_NOT_FROZEN', `the sandbox did not stop within ${String(limitMs)} ms`);
      }
    }
  }

  async thaw(): Promise<void> {
    for (const pid of await this.members()) killQuietly(pid, 'SIGCONT');
  }

  async killAll(limitMs: number): Promise<void> {
    const end = performance.now() + limitMs;
    for (let members = await this.members(); members.length > 0; members = await this.members()) {
      for (const pid of members) killQuietly(pid, 'SIGKILL');
      if (performance.now() > end) {
        throw new SandboxError(
          'SANDBOX_NOT_EMPTY',
          `processes ${members.join(', ')} outlived SIGKILL for ${String(limitMs)} ms`,
        );
      }
      await delay(POLL_MS);
    }
  }

  remove(): Promise<void> {
    return Promise.resolve();
  }

  private async namespaces(): Promise<Set<string>> {
    const own = await readlink('/proc/self/ns/pid');
    const found = new Set<string>();
    for (const file of await readdir(this.control).catch(() => [])) {
      if (!file.endsWith('.status')) continue;
      const { initPid, pidNamespace } = await readStatusFile(join(this.control, file));
      if (initPid === undefined || pidNamespace === undefined || pidNamespace === own) continue;
      // It is empty when its process 1 has ended, and the kernel gives its number to the next one: a neighbour's.
      const current = await readlink(`/proc/${String(initPid)}/ns/pid`).catch(() => undefined);
      if (current === pidNamespace) found.add(pidNamespace);
    }
    return found;
  }

  private async belongs(pid: string, namespaces: ReadonlySet<string>): Promise<boolean> {
    try {
      if (namespaces.size > 0 && namespaces.has(await readlink(`/proc/${pid}/ns/pid`))) return !(await isZombie(pid));
      const environment = await readFile(`/proc/${pid}/environ`, 'latin1');
      return environment.split('\0').includes(`${BOX_VARIABLE}=${this.boxName}`) && !(await isZombie(pid));
    } catch (error) {
      // Another user's process can't be looked at, and one that just ended is none.
      if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(errnoOf(error) ?? '')) return false;
      throw error;
    }
  }
}

async function isZombie(pid: string): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1');
  return /^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
}
