import { readdir, readlink } from 'node:fs/promises';
import { identifyProcess, type ProcessIdentity } from '../process/process-identity.js';

export interface SpoolWriter {
  readonly process: ProcessIdentity;
  readonly spool: string;
}

/** The descriptors with which a drainer holds its spools. */
const SPOOL_FDS = ['1', '5'];

/** Processes that write to a file below the directory as drainers do, that file being there still or not. */
export async function spoolWritersBelow(directory: string): Promise<SpoolWriter[]> {
  const writers: SpoolWriter[] = [];
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    const spool = await spoolOf(pid, directory);
    const process = spool === undefined ? undefined : await identifyProcess(Number(pid));
    if (process !== undefined && spool !== undefined) writers.push({ process, spool });
  }
  return writers;
}

async function spoolOf(pid: string, directory: string): Promise<string | undefined> {
  for (const fd of SPOOL_FDS) {
    // Another user's process can't be looked at, and one that just ended is none.
    const path = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '');
    if (path.startsWith(`${directory}/`) && path.includes('/spool/')) return path.replace(/ \(deleted\)$/, '');
  }
  return undefined;
}
