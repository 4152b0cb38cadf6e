import type { CgroupLimits } from '../cgroup/cgroup-limits.js';
import type { CgroupUsage } from '../cgroup/cgroup-usage.js';
import type { DiskLimits, DiskUsage } from '../disk/box-disk.js';
import type { BoxNetwork } from '../network/box-network.js';
import type { ProcessIdentity } from '../process/process-identity.js';
import type { AttachedStdio } from '../process/attached-stdio.js';
import type { WindowSize } from '../native/pty.js';
import type { BoxPaths } from '../workspace/box-paths.js';
import type { BoxSeed } from '../workspace/seed-box.js';
import type { Layer } from '../workspace/workspace-file-system.js';

/** What a driver keeps apart, as attempts show it. `CONTAINER`: what the engine and its runtime do, in our settings. */
export type Boundary = 'FULL' | 'CONTAINER' | 'USER_NAMESPACE' | 'NONE';

/** What a box may ask for. */
export type DriverName = 'BUBBLEWRAP' | 'CONTAINER';

export interface DriverDescription {
  /** BUBBLEWRAP, CONTAINER, UNSAFE_HOST. */
  readonly driver: string;
  readonly boundary: Boundary;
  /** What a full boundary would have and this one lacks, in words for people. */
  readonly missing: readonly string[];
  /** True where boxes may have a network of their own, which the platform serves; absent: not. */
  readonly network?: boolean;
  /** OVERLAY, CLONE. */
  readonly fileSystem: 'OVERLAY' | 'CLONE';
  /** Why the file system is not an overlay by mount; undefined if it is. */
  readonly fileSystemReason: string | undefined;
  /** True if each live sandbox may have a uid of its own over layers that belong to another; else all share the layers'. */
  readonly usersPerSandbox: boolean;
}

/** Absent: none, or the host's own. */
export interface BoxLimits extends CgroupLimits, DiskLimits {
  /** Of each process. */
  readonly openFiles?: number | undefined;
}

/** What the kernel counted of a box since it was made; what is absent the host can't count. */
export interface BoxUsage extends Partial<CgroupUsage> {
  readonly disk: DiskUsage | undefined;
}

/** One box: a work tree, a home and the processes in it. It is made once and lives until `destroy`. */
export interface BoxSpec {
  /** Unique on the host and free of anything secret: it names control groups. Letters, digits, `-`, `_`, `.`. */
  readonly name: string;
  readonly paths: BoxPaths;
  readonly layers: readonly Layer[];
  /** Topmost first. Absent or empty: the home is a plain, empty directory. */
  readonly homeLayers?: readonly Layer[] | undefined;
  /** What it begins with, as if it had written that itself. */
  readonly seed?: BoxSeed | undefined;
  /**
   * Directories of a box that has ended and was destroyed: what it wrote lies uppermost, read-only, and stays as it is.
   * The layers are that one's, and so is the uid.
   */
  readonly above?: BoxPaths | undefined;
  /** Uid of the host that everything in the box runs as, and no other live sandbox where `usersPerSandbox`. */
  readonly uid: number;
  /** What the inside takes its uid for, `uid` by default: git compares it with the one in the base's index. */
  readonly insideUid?: number | undefined;
  readonly limits: BoxLimits & TemporarySizes;
  /** Absent: nothing is reachable. What is, is granted apart and is on no record of the host. */
  readonly network?: { readonly phase: 'SETUP' | 'AGENT' } | undefined;
  /** Absent: whatever the host's own is. */
  readonly driver?: DriverName | undefined;
  /** An unpacked image that the inside has as its root file system, read-only; by default the host's programs. */
  readonly root?: { readonly directory: string } | undefined;
  /** Likewise, one of the container engine's: `name@sha256:…` or its id, `sha256:…`. Only in containers. */
  readonly image?: string | undefined;
  /** Directories of the host that the inside sees read-only, without setuid and devices. Other users must reach them. */
  readonly tools?: readonly ToolMount[] | undefined;
}

export interface ToolMount {
  /** Absolute, of the host. */
  readonly source: string;
  /** Absolute, of the inside, below the platform's own `/opt/heddle`. */
  readonly target: string;
}

/** Of file systems in memory that each process of a box has of its own. */
export interface TemporarySizes {
  /** /tmp; 1 GiB by default. */
  readonly tmpBytes?: number | undefined;
  /** /dev/shm; 64 MiB by default. */
  readonly shmBytes?: number | undefined;
}

export interface ProcessSpec {
  /** Unique within the box; names its files. Letters, digits, `-`, `_`. */
  readonly id: string;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly spool: { readonly stdout: string; readonly stderr: string };
  /** Bytes after which a spool takes no more. */
  readonly outputCapBytes: number;
}

/** A program with its caller at its input and outputs: on no record, and nobody adopts it. */
export interface AttachedSpec extends Pick<ProcessSpec, 'id' | 'command' | 'environment'> {
  /** It runs in a terminal of this size, which is the program's own; absent: its input and outputs are pipes. */
  readonly window?: WindowSize | undefined;
}

export interface AttachedProcess extends AttachedStdio {
  readonly main: ProcessIdentity;
  /** Resolves when the main process is dead. What it left behind may still print. */
  readonly exited: Promise<void>;
}

/** What has to be on record so that a later supervisor finds the process again. */
export interface SpawnedProcess {
  readonly main: ProcessIdentity;
  readonly drainers: readonly ProcessIdentity[];
  /** Unix milliseconds. */
  readonly startedAt: number;
  /** Resolves when the main process is dead. Its spools are complete only after `drained`. */
  readonly exited: Promise<void>;
  readonly drained: Promise<void>;
}

export interface ProcessEnding {
  /** Undefined if nothing on record says how it ended (killed from outside). */
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
}

/** One way of keeping a program apart from its host. */
export interface SandboxDriver {
  /** Of boxes that ask for no driver. */
  readonly description: DriverDescription;
  /** DRIVER_NOT_AVAILABLE, with the setting that changes it, where such a box can't be had. */
  descriptionFor(box: Pick<BoxSpec, 'driver'>): DriverDescription;
  /** Where the kernel marks uppers of this driver's boxes; undefined for a full copy. */
  readonly attributePrefix: 'trusted.overlay.' | 'user.overlay.' | undefined;
  /** Where a program inside finds its work tree, its home and the platform's files. */
  inside(paths: BoxPaths): { readonly workspace: string; readonly home: string; readonly run: string };
  create(box: BoxSpec): Promise<void>;
  /**
   * `onDrained` learns the drainers before the main process starts, so that a crash in between leaves no unknown one.
   * Without a `network` the process reaches nothing, not even another one of its box.
   */
  spawn(
    box: BoxSpec,
    process: ProcessSpec,
    onDrained: (drainers: readonly ProcessIdentity[]) => Promise<void>,
    network?: BoxNetwork,
  ): Promise<SpawnedProcess>;
  /** Starts a program without a network, for as long as this process lives. */
  attach(box: BoxSpec, process: AttachedSpec): Promise<AttachedProcess>;
  /** Looks for a process whose start was on its way when its supervisor died; undefined if it never ran. */
  recover(box: BoxSpec, processId: string): Promise<ProcessIdentity | undefined>;
  /** How a dead process ended, from its own record. */
  ending(box: BoxSpec, processId: string): Promise<ProcessEnding>;
  /** Asks every process to end but those that report the end: the main one and process 1 of the inside. */
  terminate(box: BoxSpec, processId: string, mainPid: number): Promise<void>;
  /** Stops the whole tree from running; SANDBOX_NOT_FROZEN after `limitMs`. */
  freeze(box: BoxSpec, limitMs: number): Promise<void>;
  thaw(box: BoxSpec): Promise<void>;
  /** Ends only when nothing lives in the box any more; SANDBOX_NOT_EMPTY after `limitMs`. */
  kill(box: BoxSpec, limitMs: number): Promise<void>;
  isEmpty(box: BoxSpec): Promise<boolean>;
  /** Cheap enough to be asked of every live box every few seconds. */
  usage(box: BoxSpec): Promise<BoxUsage>;
  isFrozen(box: BoxSpec): Promise<boolean>;
  /** False where the host's own disk did not take what the box had written: its files are not what they seem. */
  isWhole(box: BoxSpec): Promise<boolean>;
  /** Unmounts and removes what is the host's (mount, control group). The directories stay. Needs an empty box. */
  destroy(box: BoxSpec): Promise<void>;
  /** Names of the boxes that the host has something of, whoever made them. */
  boxNames(): Promise<string[]>;
  /** Kills and removes what the host has of a box that nobody knows any more; SANDBOX_NOT_EMPTY if it can't. */
  evict(boxName: string): Promise<void>;
  /** Removes the platform's own groups from the host; those that still hold a box stay. */
  close(): Promise<void>;
}
