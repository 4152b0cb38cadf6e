import { createHash } from 'node:crypto';
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

/**
 * Control groups of one platform: its parent groups and those of single sandboxes below them. Other platforms of this
 * host have others.
 */
export function controlGroupsOf(dataDirectory: string): { readonly parents: string[]; readonly sandboxes: string[] } {
  const instance = createHash('sha256').update(join(dataDirectory, 'runner')).digest('hex').slice(0, 12);
  const parents = controlGroupMounts().flatMap((mount) => named(mount, `heddle-${instance}`, 0));
  const below = parents.flatMap((parent) => directoriesIn(parent));
  return { parents, sandboxes: below };
}

function named(directory: string, name: string, depth: number): string[] {
  if (depth > 4) return [];
  return directoriesIn(directory).flatMap((path) =>
    path.endsWith(`/${name}`) ? [path] : named(path, name, depth + 1),
  );
}

function directoriesIn(directory: string): string[] {
  return entries(directory)
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(directory, name));
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
