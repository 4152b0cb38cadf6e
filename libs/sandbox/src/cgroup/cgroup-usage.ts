import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '../sandbox-error.js';

/** What the kernel counted of one box since its groups were made. */
export interface CgroupUsage {
  /** With what it wrote to memory file systems and the page cache of its files; undefined where nothing counts it. */
  readonly peakMemoryBytes: number | undefined;
  /** How often the kernel ended a process of the box because its memory was used up. */
  readonly oomKills: number;
  readonly peakProcesses: number | undefined;
  /** How often a process could not be made because there were too many. */
  readonly refusedProcesses: number;
  readonly cpuMs: number | undefined;
  /** In which something of it could have run and had no processor; undefined where nothing counts it. */
  readonly cpuWaitMs: number | undefined;
}

/** Directories of the groups by what they count; those of v2 are one and the same. */
export interface CountingGroups {
  readonly v2: string | undefined;
  readonly memory: string | undefined;
  readonly pids: string | undefined;
  readonly cpuacct: string | undefined;
}

/** Reads only numbers that the kernel keeps: peaks need no sampling. */
export function readCgroupUsage({ v2, memory, pids, cpuacct }: CountingGroups): CgroupUsage {
  const microseconds = field(v2, 'cpu.stat', 'usage_usec');
  const nanoseconds = microseconds === undefined ? number(cpuacct, 'cpuacct.usage') : undefined;
  return {
    peakMemoryBytes: number(memory, 'memory.max_usage_in_bytes') ?? number(v2, 'memory.peak'),
    oomKills: field(memory, 'memory.oom_control', 'oom_kill') ?? field(v2, 'memory.events', 'oom_kill') ?? 0,
    peakProcesses: number(pids ?? v2, 'pids.peak') ?? number(pids ?? v2, 'pids.current'),
    refusedProcesses: field(pids ?? v2, 'pids.events', 'max') ?? 0,
    cpuMs:
      microseconds === undefined
        ? nanoseconds === undefined
          ? undefined
          : Math.round(nanoseconds / 1e6)
        : Math.round(microseconds / 1e3),
    cpuWaitMs: cpuWaitMs(v2),
  };
}

function cpuWaitMs(group: string | undefined): number | undefined {
  const microseconds = /^some .*\btotal=(\d+)$/m.exec(content(group, 'cpu.pressure') ?? '')?.[1];
  return microseconds === undefined ? undefined : Math.round(Number(microseconds) / 1e3);
}

function field(group: string | undefined, file: string, name: string): number | undefined {
  const text = content(group, file);
  const value = text === undefined ? undefined : new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1];
  return value === undefined ? undefined : Number(value);
}

function number(group: string | undefined, file: string): number | undefined {
  const text = content(group, file)?.trim();
  return text === undefined || !/^\d+$/.test(text) ? undefined : Number(text);
}

/** At once: such a file waits for no disk, and a thread for each would cost more than all of them. */
function content(group: string | undefined, file: string): string | undefined {
  if (group === undefined) return undefined;
  try {
    return readFileSync(join(group, file), 'utf8');
  } catch (error) {
    // Older kernels count less, and a box that is gone counts nothing.
    if (['ENOENT', 'ENODEV', 'EACCES', 'EOPNOTSUPP'].includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
}
