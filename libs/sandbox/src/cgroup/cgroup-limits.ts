import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '../sandbox-error.js';

export interface CgroupLimits {
  /** Of all processes together, with memory file systems and page cache; swap is not given beside it. */
  readonly memoryBytes?: number | undefined;
  readonly processes?: number | undefined;
  /** Thousandths of a processor. */
  readonly cpuMillis?: number | undefined;
}

/** Where each limit is written; undefined where v2's own group carries it. */
export interface LimitGroups {
  readonly v2: string | undefined;
  readonly memory: string | undefined;
  readonly pids: string | undefined;
  readonly cpu: string | undefined;
}

const PERIOD_US = 100_000;
/** The kernel takes no less. */
const LEAST_QUOTA_US = 1_000;

/** Where a controller is missing nothing is written: the boundary's `missing` says so. */
export async function writeCgroupLimits(groups: LimitGroups, limits: CgroupLimits): Promise<void> {
  const { memoryBytes, processes, cpuMillis } = limits;
  if (memoryBytes !== undefined) await limitMemory(groups, String(memoryBytes));
  if (processes !== undefined) await write(groups.pids ?? groups.v2, 'pids.max', String(processes));
  if (cpuMillis !== undefined) {
    const quota = String(Math.max(LEAST_QUOTA_US, Math.round((cpuMillis * PERIOD_US) / 1_000)));
    if (groups.cpu === undefined) await write(groups.v2, 'cpu.max', `${quota} ${String(PERIOD_US)}`);
    else {
      await write(groups.cpu, 'cpu.cfs_period_us', String(PERIOD_US));
      await write(groups.cpu, 'cpu.cfs_quota_us', quota);
    }
  }
}

/** One process goes, as with v1, not the whole box: an agent can bear the end of a test that wanted too much. */
async function limitMemory({ v2, memory }: LimitGroups, bytes: string): Promise<void> {
  if (memory !== undefined) {
    // In this order: memory and swap together may never be less than memory alone.
    await write(memory, 'memory.limit_in_bytes', bytes);
    await write(memory, 'memory.memsw.limit_in_bytes', bytes);
    return;
  }
  await write(v2, 'memory.max', bytes);
  await write(v2, 'memory.swap.max', '0');
}

async function write(group: string | undefined, file: string, value: string): Promise<void> {
  if (group === undefined) return;
  // `writeFile` would make a file where the controller is missing; these have to be there.
  await writeFile(join(group, file), value, { flag: 'r+' }).catch((error: unknown) => {
    if (errnoOf(error) !== 'ENOENT' && errnoOf(error) !== 'EACCES') throw error;
  });
}
