import { access, constants, mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '../sandbox-error.js';

/**
 * Where this host lets the platform make control groups. `v2` carries freeze and kill where it exists, also as the
 * hybrid mount of a v1 host; v1 controllers are used for what v2 does not carry there.
 */
export interface CgroupHierarchy {
  /** Directory in a cgroup2 mount under which groups may be made. */
  readonly v2: string | undefined;
  readonly v1: { readonly freezer?: string; readonly memory?: string; readonly pids?: string };
  /** Limits that v2 itself carries below `v2`. */
  readonly v2Controllers: readonly ('memory' | 'pids')[];
}

interface CgroupMount {
  readonly path: string;
  readonly version: 1 | 2;
  readonly controllers: readonly string[];
  readonly root: string;
}

/** Finds the mounts and makes the platform's own parent group `name` in each that can be written. */
export async function openCgroupHierarchy(name: string): Promise<CgroupHierarchy> {
  const mounts = parseCgroupMounts(await readFile('/proc/self/mountinfo', 'utf8'));
  const own = parseOwnGroups(await readFile('/proc/self/cgroup', 'utf8'));
  const open = async (mount: CgroupMount | undefined, controller: string): Promise<string | undefined> => {
    if (mount === undefined) return undefined;
    return makeParent(join(mount.path, belowMount(own.get(controller) ?? '/', mount.root), name));
  };
  const v1Mount = (controller: string): CgroupMount | undefined =>
    mounts.find((mount) => mount.version === 1 && mount.controllers.includes(controller));
  const v2 = await open(
    mounts.find((mount) => mount.version === 2),
    '',
  );
  const freezer = v2 !== undefined ? undefined : await open(v1Mount('freezer'), 'freezer');
  const memory = await open(v1Mount('memory'), 'memory');
  const pids = await open(v1Mount('pids'), 'pids');
  return {
    v2,
    v2Controllers: v2 === undefined ? [] : await enableControllers(v2),
    v1: {
      ...(freezer === undefined ? {} : { freezer }),
      ...(memory === undefined ? {} : { memory }),
      ...(pids === undefined ? {} : { pids }),
    },
  };
}

/** Removes the platform's parent groups; those that still hold a group stay. */
export async function closeCgroupHierarchy(hierarchy: CgroupHierarchy): Promise<void> {
  for (const path of [hierarchy.v2, ...Object.values(hierarchy.v1)]) {
    if (path === undefined) continue;
    await rmdir(path).catch((error: unknown) => {
      if (errnoOf(error) !== 'EBUSY' && errnoOf(error) !== 'ENOENT') throw error;
    });
  }
}

/** Names of the groups that exist below the platform's parents. */
export async function listBoxGroups(hierarchy: CgroupHierarchy): Promise<string[]> {
  const names = new Set<string>();
  for (const path of [hierarchy.v2, ...Object.values(hierarchy.v1)]) {
    if (path === undefined) continue;
    for (const entry of await readdir(path, { withFileTypes: true })) if (entry.isDirectory()) names.add(entry.name);
  }
  return [...names];
}

export function parseCgroupMounts(mountInfo: string): CgroupMount[] {
  const mounts: CgroupMount[] = [];
  for (const line of mountInfo.split('\n')) {
    const [before, after] = line.split(' - ');
    if (before === undefined || after === undefined) continue;
    const [type, , superOptions] = after.split(' ');
    const [, , , root, path] = before.split(' ');
    if (root === undefined || path === undefined) continue;
    if (type === 'cgroup2') mounts.push({ path, root, version: 2, controllers: [] });
    if (type === 'cgroup') mounts.push({ path, root, version: 1, controllers: superOptions?.split(',') ?? [] });
  }
  return mounts;
}

/** Controller (empty for v2) → this process's group. */
export function parseOwnGroups(procCgroup: string): Map<string, string> {
  const groups = new Map<string, string>();
  for (const line of procCgroup.split('\n')) {
    const [, controllers, ...path] = line.split(':');
    if (controllers === undefined) continue;
    for (const controller of controllers.split(',')) groups.set(controller, path.join(':'));
  }
  return groups;
}

/** In a container the mount shows a subtree only, and /proc names groups from the host's root. */
function belowMount(group: string, mountRoot: string): string {
  if (mountRoot !== '/' && group.startsWith(mountRoot)) return group.slice(mountRoot.length);
  return group.startsWith('/..') ? '/' : group;
}

/** Undefined where it is not delegated, read-only or not there: the sandbox goes without and says so. */
async function makeParent(path: string): Promise<string | undefined> {
  try {
    await mkdir(path).catch((error: unknown) => {
      if (errnoOf(error) !== 'EEXIST') throw error;
    });
    // Another user's group of this name may exist.
    await access(path, constants.W_OK);
    return path;
  } catch (error) {
    if (['EACCES', 'EPERM', 'EROFS', 'ENOENT'].includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
}

async function enableControllers(parent: string): Promise<('memory' | 'pids')[]> {
  const available = (await readFile(join(parent, 'cgroup.controllers'), 'utf8')).trim().split(/\s+/);
  const enabled: ('memory' | 'pids')[] = [];
  for (const controller of ['memory', 'pids'] as const) {
    if (!available.includes(controller)) continue;
    try {
      await writeFile(join(parent, 'cgroup.subtree_control'), `+${controller}`);
      enabled.push(controller);
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
    }
  }
  return enabled;
}
