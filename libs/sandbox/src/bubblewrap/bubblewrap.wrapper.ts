import type { CommandSpec, CommandWrapper, WrappedCommand } from '../drivers/command-wrapper.js';
import type { BoxSpec } from '../drivers/sandbox-driver.js';
import type { BoxNetwork } from '../network/box-network.js';
import { SandboxError } from '../sandbox-error.js';
import { seccompFilter } from '../seccomp/seccomp-filter.js';
import { hostRoot } from './host-root.js';
import { baseEnvironment, INSIDE, temporarySizes } from './inside.js';
import type { Protection } from './protections.js';
import type { RootEntry } from './root-entry.js';
import { rootDirectory, takesFile } from './root-file-system.js';
import { nodeRoot, userRoot } from './toolchain.js';

/** Descriptors of the wrapped command line. */
const [STATUS, ARGUMENTS, FILTER] = ['3', '4', '5'];

export interface BubblewrapOptions {
  readonly program: string;
  /** For files that all boxes share; other users must reach it. */
  readonly directory: string;
  /** Set where the platform is root: the uid is dropped before bubblewrap starts, or uid 0 would own /proc/sys inside. */
  readonly setpriv: string | undefined;
  /** Directories below which root file systems of boxes may be. */
  readonly rootDirectories: readonly string[];
  readonly weakened: ReadonlySet<Protection>;
  /** Nobody adopts what runs: it is dead as soon as the process is that started it. */
  readonly endsWithParent?: boolean;
}

/** Command lines of bubblewrap: own user, mount, pid, net, ipc and uts namespaces, no capability, no path of the host. */
export class BubblewrapWrapper implements CommandWrapper {
  private readonly users = new Map<number, Promise<string[]>>();

  private constructor(
    private readonly options: BubblewrapOptions,
    private readonly hostRoot: readonly RootEntry[],
    private readonly node: readonly string[],
    private readonly filter: Buffer,
  ) {}

  static async open(options: BubblewrapOptions): Promise<BubblewrapWrapper> {
    const root = await hostRoot(options.weakened);
    const node = rootArguments(await nodeRoot(options.directory));
    return new BubblewrapWrapper(options, root, node, seccompFilter());
  }

  inside(): typeof INSIDE {
    return INSIDE;
  }

  async prepare(box: BoxSpec): Promise<void> {
    await this.root(box);
  }

  async wrap(box: BoxSpec, process: CommandSpec, network?: BoxNetwork): Promise<WrappedCommand> {
    const boundary = await this.boundary(box, process, network);
    // Process 1 inside would show them on its command line, with paths of the host.
    const args = this.keeps('hiddenArguments', ['--args', ARGUMENTS], boundary);
    return {
      // `sh -c exec` gives 127 and 126 for a command that can't be run, where bubblewrap itself gives 1.
      argv: [...this.drop(box), this.options.program, ...args, '--', ...EXEC, ...process.command],
      handed: [Buffer.from(`${boundary.join('\0')}\0`), this.filter],
      // /proc/1/environ inside is bubblewrap's own, whatever --clearenv does for the command.
      environment: this.keeps('clearEnvironment', {}, definedOf(globalThis.process.env)),
      cwd: '/',
    };
  }

  private drop(box: BoxSpec): string[] {
    const { setpriv } = this.options;
    if (setpriv === undefined) return [];
    const uid = String(box.uid);
    const drop = [setpriv, '--reuid', uid, '--regid', uid, '--clear-groups', '--no-new-privs', '--inh-caps=-all'];
    return this.keeps('dropUid', drop, []);
  }

  private async boundary(box: BoxSpec, process: CommandSpec, network: BoxNetwork | undefined): Promise<string[]> {
    const { paths, insideUid = box.uid } = box;
    const uid = String(insideUid);
    const { shmBytes, tmpBytes } = temporarySizes(box.limits);
    const size = (which: Protection, bytes: number): string[] => this.keeps(which, ['--size', String(bytes)], []);
    return [
      ...this.namespaces(network),
      ...(this.options.endsWithParent === true ? ['--die-with-parent'] : []),
      ...['--uid', uid, '--gid', uid],
      ...this.keeps('newSession', ['--new-session'], []),
      ...this.keeps('seccomp', ['--seccomp', FILTER], []),
      ...this.keeps('noCapabilities', ['--cap-drop', 'ALL'], ['--cap-add', 'ALL']),
      ...['--json-status-fd', STATUS, '--clearenv'],
      ...(await this.root(box)),
      ...this.node,
      // Bubblewrap binds without setuid and devices.
      ...(box.tools ?? []).flatMap(({ source, target }) => ['--ro-bind', source, target]),
      ...(await this.user(insideUid)),
      // Without a pid namespace of its own nobody may mount a /proc of it.
      ...this.keeps('pidNamespace', ['--proc', '/proc'], ['--ro-bind', '/proc', '/proc']),
      // The settings of its own namespaces would be the user's to write: of the network, of System V ipc.
      ...this.keeps('readOnlySettings', ['--ro-bind', '/proc/sys', '/proc/sys'], []),
      ...['--dev', '/dev', '--perms', '1777', ...size('sharedMemorySize', shmBytes)],
      ...['--tmpfs', '/dev/shm'],
      // Bubblewrap's own directory of devices has no size.
      ...this.keeps('readOnlyDevices', ['--remount-ro', '/dev'], []),
      ...['--perms', '1777', ...size('temporarySize', tmpBytes), '--tmpfs', '/tmp'],
      ...['--dir', '/var', '--symlink', '../tmp', '/var/tmp', '--dir', '/run', '--dir', '/root'],
      ...['--bind', paths.merged, INSIDE.workspace, '--bind', paths.home, INSIDE.home],
      ...['--ro-bind', paths.run, INSIDE.run],
      ...(await networkFiles(box, network)),
      // Binds come before: nothing can be made below a read-only root.
      ...this.keeps('readOnlyRoot', ['--remount-ro', '/'], []),
      ...['--chdir', INSIDE.workspace],
      ...Object.entries({ ...baseEnvironment(), ...network?.environment, ...process.environment }).flatMap(
        ([name, value]) => ['--setenv', name, value],
      ),
    ];
  }

  private namespaces(network: BoxNetwork | undefined): string[] {
    return [
      ...['--unshare-user', '--unshare-cgroup-try'],
      ...this.keeps('pidNamespace', ['--unshare-pid'], []),
      // With a network the process is born in it.
      ...(network === undefined ? this.keeps('networkNamespace', ['--unshare-net'], []) : []),
      ...this.keeps('ipcNamespace', ['--unshare-ipc'], []),
      ...this.keeps('utsNamespace', ['--unshare-uts', '--hostname', 'heddle'], []),
      ...this.keeps('noUserNamespaces', ['--disable-userns'], []),
    ];
  }

  private async root(box: BoxSpec): Promise<readonly string[]> {
    if (box.image !== undefined)
      throw new SandboxError('ROOTFS_NOT_ALLOWED', 'Only a container can have an image as its root file system');
    if (box.root === undefined) return rootArguments(this.hostRoot);
    return rootArguments(await rootDirectory(box.root.directory, this.options.rootDirectories));
  }

  private user(uid: number): Promise<string[]> {
    let args = this.users.get(uid);
    if (args === undefined) {
      args = userRoot(this.options.directory, uid).then(rootArguments);
      this.users.set(uid, args);
    }
    return args;
  }

  private keeps<T>(protection: Protection, strong: T, weak: T): T {
    return this.options.weakened.has(protection) ? weak : strong;
  }
}

/** Files over those of a root file system that has none there are left out: nothing can be made in it. */
async function networkFiles({ root }: BoxSpec, network: BoxNetwork | undefined): Promise<string[]> {
  const binds = Object.entries(network?.files ?? {}).map(async ([inside, path]) =>
    root === undefined || (await takesFile(root.directory, inside)) ? ['--ro-bind', path, inside] : [],
  );
  return (await Promise.all(binds)).flat();
}

const EXEC = ['/bin/sh', '-c', 'exec "$@"', 'sh'] as const;

function rootArguments(entries: readonly RootEntry[]): string[] {
  return entries.flatMap((entry) => {
    if ('symlink' in entry) return ['--symlink', entry.symlink, entry.at];
    return [entry.writable === true ? '--bind' : '--ro-bind', entry.bind, entry.at];
  });
}

function definedOf(environment: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
