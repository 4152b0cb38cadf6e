import { access, constants, mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '../sandbox-error.js';

export type LimitController = 'memory' | 'pids' | 'cpu';

/** Directories in mounts of v1 by what they are used for. */
export interface V1Groups {
  readonly freezer?: string;
  readonly memory?: string;
  readonly pids?: string;
  readonly cpu?: string;
  readonly cpuacct?: string;
}

/**
 * Where this host lets the platform make control groups. `v2` carries freeze and kill where it exists, also as the
 * hybrid mount of a v1 host; v1 controllers are used for what v2 does not carry there.
 */
export interface CgroupHierarchy {
  /** Directory in a cgroup2 mount under which groups may be made. */
  readonly v2: string | undefined;
  readonly v1: V1Groups;
  /** Limits that v2 itself carries below `v2`. */
  readonly v2Controllers: readonly LimitController[];
}

const CONTROLLERS = ['memory', 'pids', 'cpu'] as const;
/** Holds the platform's own processes where their group has to hand controllers down. */
const LEAF = 'heddle-platform';

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
  // An earlier process of the platform stepped aside already.
  own.set('', (own.get('') ?? '/').replace(new RegExp(`/${LEAF}$`), '') || '/');
  const open = async (mount: CgroupMount | undefined, controller: string): Promise<string | undefined> => {
    if (mount === undefined) return undefined;
    return makeParent(join(mount.path, belowMount(own.get(controller) ?? '/', mount.root), name));
  };
  const v1Mount = (controller: string): CgroupMount | undefined =>
    mounts.find((mount) => mount.version === 1 && mount.controllers.includes(controller));
  const v2Mount = mounts.find((mount) => mount.version === 2);
  if (v2Mount !== undefined)
    await delegateControllers(join(v2Mount.path, belowMount(own.get('') ?? '/', v2Mount.root)));
  const v2 = await open(v2Mount, '');
  const v2Controllers = v2 === undefined ? [] : await enableControllers(v2);
  const v1: Record<string, string> = {};
  for (const [controller, isNeeded] of [
    ['freezer', v2 === undefined],
    ['memory', !v2Controllers.includes('memory')],
    ['pids', !v2Controllers.includes('pids')],
    ['cpu', !v2Controllers.includes('cpu')],
    // Every group of v2 counts its processor time.
    ['cpuacct', v2 === undefined],
  ] as const) {
    const path = isNeeded ? await open(v1Mount(controller), controller) : undefined;
    if (path !== undefined) v1[controller] = path;
  }
  return { v2, v2Controllers, v1 };
}

/** The limits that no control group of this host carries, in words for people. */
export function missingLimits(hierarchy: CgroupHierarchy): string[] {
  const words = { memory: 'memory limit', pids: 'process limit', cpu: 'CPU limit' } as const;
  const lacks = (controller: LimitController): boolean =>
    hierarchy.v1[controller] === undefined && !hierarchy.v2Controllers.includes(controller);
  const missing: string[] = CONTROLLERS.filter(lacks).map((controller) => words[controller]);
  // Only a counted processor can be seen to be idle.
  if (hierarchy.v2 === undefined && hierarchy.v1.cpuacct === undefined) missing.push('idle limit');
  return missing;
}

function v1Paths(hierarchy: CgroupHierarchy): string[] {
  return Object.values(hierarchy.v1 as Record<string, string>);
}

/** Removes the platform's parent groups; those that still hold a group stay. */
export async function closeCgroupHierarchy(hierarchy: CgroupHierarchy): Promise<void> {
  for (const path of [hierarchy.v2, ...v1Paths(hierarchy)]) {
    if (path === undefined) continue;
    await rmdir(path).catch((error: unknown) => {
      if (errnoOf(error) !== 'EBUSY' && errnoOf(error) !== 'ENOENT') throw error;
    });
  }
}

/** Names of the groups that exist below the platform's parents. */
export async function listBoxGroups(hierarchy: CgroupHierarchy): Promise<string[]> {
  const names = new Set<string>();
  for (const path of [hierarchy.v2, ...v1Paths(hierarchy)]) {
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

async function enableControllers(parent: string): Promise<LimitController[]> {
  const available = (await readFile(join(parent, 'cgroup.controllers'), 'utf8')).trim().split(/\s+/);
  const enabled: LimitController[] = [];
  for (const controller of CONTROLLERS) {
    if (available.includes(controller) && (await enable(parent, controller)) === undefined) enabled.push(controller);
  }
  return enabled;
}

/**
 * A group gets only the controllers that the one above it hands down, and one with processes of its own hands down none:
 * the platform's processes, which are all there is in the group of a service or a container, step into a leaf.
 */
async function delegateControllers(own: string): Promise<void> {
  try {
    const read = async (file: string): Promise<string[]> =>
      (await readFile(join(own, file), 'utf8')).trim().split(/\s+/);
    const [available, handedDown] = [await read('cgroup.controllers'), await read('cgroup.subtree_control')];
    for (const controller of CONTROLLERS) {
      if (!available.includes(controller) || handedDown.includes(controller)) continue;
      if ((await enable(own, controller)) !== 'EBUSY') continue;
      await stepIntoLeaf(own);
      await enable(own, controller);
    }
  } catch (error) {
    // Not delegated: v1 or nothing, and what is missing is said.
    if (errnoOf(error) === undefined) throw error;
  }
}

async function stepIntoLeaf(own: string): Promise<void> {
  const leaf = join(own, LEAF);
  await mkdir(leaf, { recursive: true });
  for (const pid of (await readFile(join(own, 'cgroup.procs'), 'utf8')).split('\n').filter(Boolean)) {
    await writeFile(join(leaf, 'cgroup.procs'), pid).catch((error: unknown) => {
      if (errnoOf(error) !== 'ESRCH') throw error;
    });
  }
}

/** The errno word of a refusal. */
async function enable(group: string, controller: LimitController): Promise<string | undefined> {
  try {
    await writeFile(join(group, 'cgroup.subtree_control'), `+${controller}`);
    return undefined;
  } catch (error) {
    const word = errnoOf(error);
    if (word === undefined) throw error;
    return word;
  }
}
