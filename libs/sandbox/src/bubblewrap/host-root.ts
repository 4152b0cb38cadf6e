import { lstat, readdir, readlink } from 'node:fs/promises';
import { errnoOf } from '../sandbox-error.js';
import type { Protection } from './protections.js';
import type { RootEntry } from './root-entry.js';

/** Directories of the host that programs expect at the root; on merged-/usr systems they are symlinks into it. */
const ROOT_DIRECTORIES = ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'] as const;

/** Single entries of /etc that programs need and that tell nothing about the host's users or secrets. */
const ETC_ENTRIES = [
  'alternatives',
  'ld.so.cache',
  'ld.so.conf',
  'ld.so.conf.d',
  'localtime',
  // Not its settings: they may name a repository together with who may read it.
  'maven/logging',
  'maven/m2.conf',
  'mime.types',
  'nsswitch.conf',
  'protocols',
  'services',
  'ssl/certs',
  'ssl/openssl.cnf',
] as const;

/** Debian keeps a JDK's own settings here, and no JDK starts without them; passwords among them are root's alone. */
const JAVA_SETTINGS = /^java(?:-\d+)?-openjdk$/;

/** The host's programs, and nothing else of it. Looked up once: they hold for the host. */
export async function hostRoot(weakened: ReadonlySet<Protection> = new Set()): Promise<RootEntry[]> {
  const entries: RootEntry[] = [{ at: '/usr', bind: '/usr', writable: weakened.has('readOnlyPrograms') }];
  if (weakened.has('hostFiles')) entries.push({ at: '/etc', bind: '/etc' }, { at: '/host', bind: '/var' });
  for (const path of ROOT_DIRECTORIES) {
    const stats = await lstat(path).catch(absent);
    if (stats?.isSymbolicLink() === true) entries.push({ at: path, symlink: await readlink(path) });
    else if (stats?.isDirectory() === true) entries.push({ at: path, bind: path });
  }
  const java = (await readdir('/etc')).filter((name) => JAVA_SETTINGS.test(name));
  for (const entry of weakened.has('hostFiles') ? [] : [...ETC_ENTRIES, ...java]) {
    const path = `/etc/${entry}`;
    if ((await lstat(path).catch(absent)) !== undefined) entries.push({ at: path, bind: path });
  }
  return entries;
}

function absent(error: unknown): undefined {
  if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'EACCES') return undefined;
  throw error;
}
