import { mkdir, readlink, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { RootEntry } from '../bubblewrap/root-entry.js';
import { errnoOf } from '../sandbox-error.js';

/** Something of the host's in a container. */
export interface ContainerMount {
  readonly source: string;
  readonly at: string;
  readonly writable?: boolean;
}

/**
 * The entries as mounts, which is all that an engine takes. A symlink in the root directory becomes a mount of what it
 * leads to; others come to be in a directory of the platform's that is mounted in their place.
 * @param directory for those
 */
export async function mountsOf(entries: readonly RootEntry[], directory: string): Promise<ContainerMount[]> {
  const mounts: ContainerMount[] = [];
  const linked = new Set<string>();
  for (const entry of entries) {
    if ('bind' in entry) mounts.push({ source: entry.bind, at: entry.at });
    else if (dirname(entry.at) === '/')
      mounts.push({ source: await realpath(resolve('/', entry.symlink)), at: entry.at });
    else linked.add(dirname(entry.at));
  }
  for (const at of linked) {
    const source = join(directory, `links${at.replaceAll('/', '-')}`);
    await mkdir(source, { recursive: true, mode: 0o755 });
    for (const entry of entries.filter((one) => dirname(one.at) === at)) {
      const path = join(source, entry.at.slice(at.length + 1));
      if ('symlink' in entry) await point(path, entry.symlink);
      // For the mount to lie over.
      else await writeFile(path, '');
    }
    mounts.push({ source, at });
  }
  // An engine mounts them in the order of their depth, or in ours.
  return mounts.sort((a, b) => a.at.split('/').length - b.at.split('/').length);
}

/** Boxes may be looking at the one that is there. */
async function point(path: string, target: string): Promise<void> {
  const present = await readlink(path).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (present === target) return;
  const fresh = `${path}.${String(process.pid)}`;
  await rm(fresh, { force: true });
  await symlink(target, fresh);
  await rename(fresh, path);
}
