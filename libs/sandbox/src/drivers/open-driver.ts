import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { missingLimits, openCgroupHierarchy, type CgroupHierarchy } from '../cgroup/cgroup-hierarchy.js';
import { BubblewrapWrapper } from '../bubblewrap/bubblewrap.wrapper.js';
import type { Protection } from '../bubblewrap/protections.js';
import { directoryInTheWay } from '../bubblewrap/toolchain.js';
import type { BoxDisk } from '../disk/box-disk.js';
import { chooseDisk } from '../disk/choose-disk.js';
import { closeInheritedOnExec } from '../native/libc.js';
import { subordinateIds, type IdRange } from '../native/mapped-ids.js';
import { SandboxError } from '../sandbox-error.js';
import { UnsafeHostWrapper } from '../unsafe-host/unsafe-host.wrapper.js';
import { chooseFileSystem } from '../workspace/choose-file-system.js';
import type { WorkspaceFileSystem } from '../workspace/workspace-file-system.js';
import { openContainers, type ContainerSettings } from '../container/open-containers.js';
import { DriverChoice } from './driver-choice.js';
import { findProgram, SEARCH_PATH } from './find-program.js';
import { HostDriver } from './host.driver.js';
import type { DriverDescription, SandboxDriver } from './sandbox-driver.js';

/**
 * `''`: the full boundary or none at all; the others are weaker by the operator's explicit choice. `rootless`: by root of a
 * user namespace with subordinate ids. `container`: containers alone; beside the full boundary they are each box's choice.
 */
export type SandboxMode = '' | 'container' | 'rootless' | 'rootless-weak' | 'unsafe-host';

export interface OpenDriverOptions {
  readonly mode: SandboxMode;
  /** The runner's directory: boxes live below it. Other users must be able to pass through it. */
  readonly directory: string;
  /** Where programs of the system are looked for. */
  readonly searchPath?: readonly string[];
  /** Directories below which environments may name a root file system; none by default. */
  readonly rootDirectories?: readonly string[] | undefined;
  /** Absent: boxes can't have containers. */
  readonly containers?: ContainerSettings | undefined;
}

const INSTALL =
  'Install it (Debian, Ubuntu: apt-get install bubblewrap; Fedora: dnf install bubblewrap; Arch: pacman -S bubblewrap)';

/** The name of the control group, on this host, above all those of the boxes below `directory`. */
export function groupName(directory: string): string {
  return `heddle-${createHash('sha256').update(directory).digest('hex').slice(0, 12)}`;
}

/** Chooses and prepares the driver; SANDBOX_UNAVAILABLE, with the way out, where the host can't carry the mode. */
export function openDriver(options: OpenDriverOptions): Promise<SandboxDriver> {
  return openDriverWithout(new Set(), options);
}

/** For tests of the tests: a driver whose boundary lacks something. */
export async function openDriverWithout(
  weakened: ReadonlySet<Protection>,
  options: OpenDriverOptions,
): Promise<SandboxDriver> {
  const root = process.getuid?.() === 0;
  closeInheritedOnExec();
  await mkdir(options.directory, { recursive: true, mode: 0o755 });
  if (root) {
    const blocked = await directoryInTheWay(`${options.directory}/x`);
    if (blocked !== undefined) {
      throw new SandboxError(
        'SANDBOX_UNAVAILABLE',
        `Sandboxes run as other users and can't pass ${blocked} on the way to ${options.directory}. Allow it (chmod o+x ${blocked}) or choose another HEDDLE_DATA_DIR.`,
      );
    }
  }
  const setpriv = root ? await findProgram('setpriv', 'util-linux', SEARCH_PATH) : undefined;
  const hierarchy = await openCgroupHierarchy(groupName(options.directory));
  if (options.mode === 'unsafe-host') return openUnsafe(options, hierarchy, setpriv);
  const subordinate = subordinateIds();
  if (options.mode === 'rootless' || (options.mode === '' && root && subordinate !== undefined))
    requireSubordinateIds(options.mode, root, subordinate);
  if (!root && options.mode === '') {
    throw new SandboxError(
      'SANDBOX_UNAVAILABLE',
      'The full sandbox needs root (to mount overlays, to make control groups, to give each repository a user of its own). Start Heddle as root, or accept a weaker boundary with HEDDLE_SANDBOX=rootless-weak.',
    );
  }
  const isFull = root && subordinate === undefined;
  if (options.mode === 'container') return openContainersAlone(options, hierarchy, isFull);
  const program = await findBubblewrap(options.searchPath ?? SEARCH_PATH);
  const fileSystem = await chooseFileSystem(options.directory, !root, {
    userPerSandbox: weakened.has('userPerSandbox'),
  });
  const disk = await chooseDisk(options.directory);
  const wrapper = await BubblewrapWrapper.open({
    program,
    setpriv,
    directory: `${options.directory}/toolchain`,
    rootDirectories: options.rootDirectories ?? [],
    weakened,
  });
  const parts = { fileSystem, disk, hierarchy };
  const own = new HostDriver(
    {
      driver: 'BUBBLEWRAP',
      boundary: isFull ? 'FULL' : 'USER_NAMESPACE',
      missing: [
        ...missing(hierarchy, disk, fileSystem, root),
        ...(isFull ? [] : ['network allow-list']),
        ...[...weakened].map((name) => `${name} (weakened)`),
      ],
      // A network that is not the inside's own to change takes privilege to make.
      network: isFull,
      ...describe(fileSystem),
    },
    parts,
    wrapper,
  );
  if (options.containers === undefined || options.mode !== '') return own;
  const common = { missing: missing(hierarchy, disk, fileSystem, root), ...describe(fileSystem) };
  return new DriverChoice(own, await openContainers(options.containers, parts, common, placeOf(options)));
}

async function openContainersAlone(
  options: OpenDriverOptions,
  hierarchy: CgroupHierarchy,
  isRoot: boolean,
): Promise<SandboxDriver> {
  const { containers } = options;
  if (containers === undefined)
    throw new SandboxError(
      'SANDBOX_UNAVAILABLE',
      'HEDDLE_SANDBOX=container needs HEDDLE_CONTAINER_HOST, the socket of a container engine (unix:///run/podman/podman.sock, unix:///var/run/docker.sock).',
    );
  if (!isRoot)
    throw new SandboxError(
      'SANDBOX_UNAVAILABLE',
      'HEDDLE_SANDBOX=container needs root of the host, as the engine does.',
    );
  // An engine sees the mounts of the host's own mount namespace.
  const fileSystem = await chooseFileSystem(options.directory, false);
  const disk = await chooseDisk(options.directory);
  const common = { missing: missing(hierarchy, disk, fileSystem, true), ...describe(fileSystem) };
  return openContainers(containers, { fileSystem, disk, hierarchy }, common, placeOf(options));
}

function placeOf({ directory }: OpenDriverOptions): { readonly directory: string; readonly runner: string } {
  return { directory, runner: groupName(directory) };
}

/** Fewer ids than sandboxes and repositories need are as good as none. */
const ENOUGH_IDS = 4_096;

function requireSubordinateIds(mode: SandboxMode, root: boolean, ids: IdRange | undefined): void {
  if (mode === '') {
    throw new SandboxError(
      'SANDBOX_UNAVAILABLE',
      'The full sandbox needs root of the host, and this is root of a user namespace. Accept that with HEDDLE_SANDBOX=rootless.',
    );
  }
  if (root && ids !== undefined && ids.count >= ENOUGH_IDS) return;
  throw new SandboxError(
    'SANDBOX_UNAVAILABLE',
    `HEDDLE_SANDBOX=rootless needs root of a user namespace with at least ${String(ENOUGH_IDS)} subordinate ids. Give the user a range in /etc/subuid and /etc/subgid, install newuidmap (Debian, Ubuntu: apt-get install uidmap) and start by "unshare --user --map-root-user --map-auto --mount"; or accept HEDDLE_SANDBOX=rootless-weak.`,
  );
}

async function openUnsafe(
  options: OpenDriverOptions,
  hierarchy: CgroupHierarchy,
  setpriv: string | undefined,
): Promise<SandboxDriver> {
  // Commands run in the host's own mount namespace: only a mount there can be seen by them.
  const fileSystem = await chooseFileSystem(options.directory, false);
  const disk = await chooseDisk(options.directory);
  const none = [
    'file system boundary',
    'process boundary',
    'network boundary',
    ...missing(hierarchy, disk, fileSystem, setpriv !== undefined),
  ];
  return new HostDriver(
    { driver: 'UNSAFE_HOST', boundary: 'NONE', missing: none, ...describe(fileSystem) },
    { fileSystem, disk, hierarchy },
    new UnsafeHostWrapper(setpriv),
  );
}

function describe(
  fileSystem: WorkspaceFileSystem,
): Pick<DriverDescription, 'fileSystem' | 'fileSystemReason' | 'usersPerSandbox'> {
  return {
    fileSystem: fileSystem.kind === 'CLONE' ? 'CLONE' : 'OVERLAY',
    fileSystemReason: fileSystem.reason,
    usersPerSandbox: fileSystem.mapsOwners,
  };
}

function missing(hierarchy: CgroupHierarchy, disk: BoxDisk, fileSystem: WorkspaceFileSystem, root: boolean): string[] {
  const list: string[] = [];
  if (!root) list.push('user of its own');
  else if (!fileSystem.mapsOwners)
    list.push('user of its own: one per repository, as owners of files can not be mapped here');
  if (hierarchy.v2 === undefined && hierarchy.v1.freezer === undefined) list.push('freezing by control group');
  list.push(...missingLimits(hierarchy));
  if (disk.reason !== undefined) list.push('disk limit');
  if (fileSystem.attributePrefix === 'user.overlay.') list.push('renaming directories of the repository');
  return list;
}

async function findBubblewrap(searchPath: readonly string[]): Promise<string> {
  try {
    return await findProgram('bwrap', 'bubblewrap', searchPath);
  } catch (error) {
    throw new SandboxError(
      'SANDBOX_UNAVAILABLE',
      `bubblewrap (bwrap) is not installed, and agents are not run without a sandbox. ${INSTALL}, or run agents without any boundary with HEDDLE_SANDBOX=unsafe-host.`,
      { cause: error },
    );
  }
}
