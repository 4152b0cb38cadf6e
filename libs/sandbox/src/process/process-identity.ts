import { readFile, readlink } from 'node:fs/promises';
import { errnoOf } from '../sandbox-error.js';

/** Who a process is: a pid alone may belong to another one after a while. */
export interface ProcessIdentity {
  readonly bootId: string;
  /** Inode of the pid namespace in which `pid` counts. */
  readonly pidNamespace: string;
  readonly pid: number;
  /** Clock ticks since boot. */
  readonly startTime: string;
}

/** What makes a pid unambiguous beside its start time. */
export interface HostIdentity {
  readonly bootId: string;
  readonly pidNamespace: string;
}

let host: Promise<HostIdentity> | undefined;

/** This boot and this process's pid namespace. */
export async function hostIdentity(): Promise<HostIdentity> {
  host ??= (async () => ({
    bootId: (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim(),
    pidNamespace: await readlink('/proc/self/ns/pid'),
  }))();
  return host;
}

/** The identity of a living process (or zombie), undefined if there is none. */
export async function identifyProcess(pid: number): Promise<ProcessIdentity | undefined> {
  const stat = await readStat(pid);
  if (stat === undefined) return undefined;
  return { ...(await hostIdentity()), pid, startTime: stat.startTime };
}

/** True while exactly that process runs; a zombie is dead. */
export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  const here = await hostIdentity();
  if (here.bootId !== identity.bootId || here.pidNamespace !== identity.pidNamespace) return false;
  const stat = await readStat(identity.pid);
  return stat !== undefined && stat.startTime === identity.startTime && stat.state !== 'Z' && stat.state !== 'X';
}

/** Reads the identity out of a living process's /proc/<pid>/stat. */
export function identityFromStat(here: HostIdentity, pid: number, stat: string): ProcessIdentity {
  return { ...here, pid, startTime: parseStat(stat).startTime };
}

async function readStat(pid: number): Promise<ProcessStat | undefined> {
  try {
    return parseStat(await readFile(`/proc/${String(pid)}/stat`, 'utf8'));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ESRCH') return undefined;
    throw error;
  }
}

interface ProcessStat {
  readonly state: string;
  readonly parent: number;
  readonly startTime: string;
}

/** The command's name is in parentheses and may hold spaces and parentheses itself. */
export function parseStat(text: string): ProcessStat {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, parent, startTime] = [fields[0], fields[1], fields[19]];
  if (state === undefined || parent === undefined || startTime === undefined)
    throw new RangeError('not a line of /proc/<pid>/stat');
  return { state, parent: Number(parent), startTime };
}

/** The parent's pid of a living process. */
export async function parentOf(pid: number): Promise<number | undefined> {
  return (await readStat(pid))?.parent;
}
