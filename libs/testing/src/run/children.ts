import { readdirSync } from 'node:fs';
import { readProc } from './proc.js';
import { recordFile, readRecord, RUN_DIRECTORY } from './run-directory.js';

export interface ChildProcessInfo {
  readonly pid: number;
  readonly command: string;
}

/** The live children of a process, without the servers that the whole run shares. */
export function childrenOf(parent: number): ChildProcessInfo[] {
  const shared = sharedPids();
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => !shared.has(pid) && parentOf(pid) === parent)
    .map((pid) => ({ pid, command: readProc(`${pid}/cmdline`).replaceAll('\0', ' ').trim() }));
}

function sharedPids(): Set<number> {
  const directory = process.env[RUN_DIRECTORY];
  if (!directory) return new Set();
  const names = readdirSync(directory).flatMap((file) => /^(.+)\.server\.json$/.exec(file)?.[1] ?? []);
  return new Set(names.map((name) => readRecord(recordFile(directory, name)).pid));
}

/** undefined for zombies and for processes that are gone. */
function parentOf(pid: number): number | undefined {
  const stat = readProc(`${pid}/stat`);
  const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return stat === '' || state === 'Z' ? undefined : Number(parent);
}
