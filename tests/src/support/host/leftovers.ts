import { readdirSync, readFileSync, type Dirent } from 'node:fs';
import { join } from 'node:path';
import { familyOf, hostProcesses, tieTo } from './process-table.js';

/** Processes that belong to a data directory; the test's own process and `allowed` with their children are left out. */
export function processesOf(dataDirectory: string, allowed: readonly number[] = []): string[] {
  const known = new Set(allowed.flatMap((pid) => [...familyOf(pid)]));
  known.add(process.pid);
  return hostProcesses().flatMap(({ pid, argv }) => {
    if (known.has(pid)) return [];
    const tie = tieTo(pid, dataDirectory);
    return tie === undefined ? [] : [`process ${String(pid)} (${tie}): ${argv.join(' ').slice(0, 200)}`];
  });
}

/** Mounts of the host below a directory. */
export function mountsBelow(directory: string): string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .flatMap((line) => {
      const point = unescape(line.split(' ')[4] ?? '');
      return point === directory || point.startsWith(`${directory}/`) ? [`mount ${point}`] : [];
    });
}

/** Directories of sandboxes that the runner has not removed. */
export function sandboxesOf(dataDirectory: string): string[] {
  return names(join(dataDirectory, 'runner', 'sandboxes')).map((name) => `sandbox directory ${name}`);
}

/** Control groups of sandboxes: those of Heddle that are there now and were not in `before`. */
export function controlGroups(): Set<string> {
  const found = new Set<string>();
  for (const root of controlGroupMounts()) collect(root, 0, found);
  return found;
}

function collect(directory: string, depth: number, found: Set<string>): void {
  if (depth > 6) return;
  for (const entry of entries(directory)) {
    if (!entry.isDirectory()) continue;
    const path = join(directory, entry.name);
    if (path.includes('/heddle-')) found.add(path);
    collect(path, depth + 1, found);
  }
}

function controlGroupMounts(): string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [before, after] = line.split(' - ');
      const type = after?.split(' ')[0];
      return type === 'cgroup' || type === 'cgroup2' ? [unescape(before?.split(' ')[4] ?? '')] : [];
    });
}

/** Octal escapes of spaces and the like. */
function unescape(path: string): string {
  return path.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

function names(directory: string): string[] {
  return entries(directory).map(({ name }) => name);
}

function entries(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
