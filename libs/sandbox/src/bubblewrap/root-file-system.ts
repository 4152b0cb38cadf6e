import { lstat, readdir, readlink, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, SandboxError } from '../sandbox-error.js';
import type { RootEntry } from './root-entry.js';
import { directoryInTheWay } from './toolchain.js';

/** Where the platform puts its own; what the directory has there is not shown. */
const OWN_PLACES = new Set(['proc', 'dev', 'sys', 'tmp', 'run', 'root', 'home', 'workspace']);

/** Directories that hold something of the platform's too, which has to be left out of them. */
const SHARED_PLACES: Readonly<Record<string, ReadonlySet<string>>> = {
  etc: new Set(['passwd', 'group', 'hosts', 'resolv.conf', 'mtab']),
  opt: new Set(['heddle']),
  var: new Set(['tmp', 'run']),
};

/**
 * A directory (an unpacked image) as the root file system. Symlinks are shown as they are:
 * they lead to what the inside has there, never to the host's. ROOTFS_NOT_ALLOWED, with the way out, if it is not below one of `allowed`.
 */
export async function rootDirectory(directory: string, allowed: readonly string[]): Promise<RootEntry[]> {
  const root = await resolveAllowed(directory, allowed);
  const entries: RootEntry[] = [];
  for (const name of await readdir(root)) {
    const left = SHARED_PLACES[name];
    if (OWN_PLACES.has(name)) continue;
    if (left !== undefined && (await lstat(join(root, name))).isDirectory()) {
      for (const entry of await readdir(join(root, name)))
        if (!left.has(entry)) entries.push(...(await show(root, join(name, entry))));
    } else entries.push(...(await show(root, name)));
  }
  return entries;
}

/** Whether a file can be laid at `inside` over the root file system: it is the platform's place, or a file is there. */
export async function takesFile(directory: string, inside: string): Promise<boolean> {
  const [top = '', entry = ''] = inside.slice(1).split('/');
  if (OWN_PLACES.has(top) || SHARED_PLACES[top]?.has(entry) === true) return true;
  const root = await realpath(directory);
  const shown = join(root, top, ...(SHARED_PLACES[top] === undefined ? [] : [entry]));
  if ((await lstat(shown).catch(absent)) === undefined) return true;
  const path = join(root, inside);
  return (await realpath(path).catch(absent)) === path && (await lstat(path)).isFile();
}

async function show(root: string, name: string): Promise<RootEntry[]> {
  const path = join(root, name);
  const stats = await lstat(path);
  if (stats.isSymbolicLink()) return [{ at: `/${name}`, symlink: await readlink(path) }];
  // Devices, sockets and pipes of an image are nobody's.
  return stats.isDirectory() || stats.isFile() ? [{ at: `/${name}`, bind: path }] : [];
}

async function resolveAllowed(directory: string, allowed: readonly string[]): Promise<string> {
  const refused = (why: string): SandboxError =>
    new SandboxError('ROOTFS_NOT_ALLOWED', `The root file system ${directory} ${why}`);
  const resolve = (path: string): Promise<string | undefined> => realpath(path).catch(absent);
  const root = await resolve(directory);
  const parents = await Promise.all(allowed.map(resolve));
  // One that is not there can't be below any.
  if (root === undefined || !parents.some((parent) => parent !== undefined && root.startsWith(`${parent}/`)))
    throw refused(`is not below a directory that the operator allows: ${wayOut(allowed)}`);
  const blocked = process.getuid?.() === 0 ? await directoryInTheWay(`${root}/x`) : undefined;
  if (blocked !== undefined)
    throw refused(`can't be reached by other users: allow them to pass ${blocked} (chmod o+x ${blocked})`);
  return root;
}

function wayOut(allowed: readonly string[]): string {
  const inside = allowed.length > 0 ? `unpack it below ${allowed.join(' or ')}, or ` : '';
  return `${inside}have the operator name a directory above it in HEDDLE_ROOTFS_DIRECTORIES`;
}

function absent(error: unknown): undefined {
  if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined;
  throw error;
}
