import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface HostProcess {
  readonly pid: number;
  readonly parent: number;
  readonly argv: readonly string[];
}

/** Every process of this host that is alive; a zombie is not. */
export function hostProcesses(): HostProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const stat = readProc(name, 'stat');
      if (stat === undefined) return [];
      // The program's name is in parentheses and may hold both spaces and parentheses.
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (state === 'Z' || state === 'X') return [];
      return [{ pid: Number(name), parent: Number(parent), argv: argvOf(name) }];
    });
}

/** Every descendant of a process, itself included. */
export function familyOf(ancestor: number): Set<number> {
  const processes = hostProcesses();
  const family = new Set([ancestor]);
  for (let grown = true; grown;) {
    grown = false;
    for (const { pid, parent } of processes) {
      if (!family.has(pid) && family.has(parent)) {
        family.add(pid);
        grown = true;
      }
    }
  }
  return family;
}

/** Why a process belongs to a directory: its arguments, environment, working directory, open files or mounts name it. */
export function tieTo(pid: number, directory: string): string | undefined {
  for (const file of ['cmdline', 'environ', 'cgroup'] as const) {
    if (readProc(pid, file)?.includes(directory) === true) return file;
  }
  for (const link of ['cwd', 'root', 'exe'] as const) {
    if (readLink(`/proc/${String(pid)}/${link}`)?.startsWith(directory) === true) return link;
  }
  if (openFiles(pid).some((file) => file.startsWith(directory))) return 'an open file';
  // Processes in the host's own mount namespace all see its mounts.
  const own = readLink('/proc/self/ns/mnt');
  const theirs = readLink(`/proc/${String(pid)}/ns/mnt`);
  if (theirs !== undefined && theirs !== own && readProc(pid, 'mountinfo')?.includes(directory) === true)
    return 'a mount';
  return undefined;
}

export function isAlive(pid: number): boolean {
  const stat = readProc(pid, 'stat');
  return stat !== undefined && !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
}

function argvOf(pid: string): string[] {
  const line = readProc(pid, 'cmdline') ?? '';
  return line.split('\0').slice(0, -1);
}

function openFiles(pid: number): string[] {
  const directory = `/proc/${String(pid)}/fd`;
  try {
    return readdirSync(directory).flatMap((name) => readLink(`${directory}/${name}`) ?? []);
  } catch {
    return []; // gone, or somebody else's
  }
}

function readProc(pid: number | string, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${String(pid)}/${file}`, 'utf8');
  } catch {
    return undefined; // gone, or somebody else's
  }
}

function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined; // gone, or somebody else's
  }
}
