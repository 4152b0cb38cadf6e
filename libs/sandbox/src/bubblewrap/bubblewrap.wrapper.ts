import type { CommandWrapper, WrappedCommand } from '../drivers/command-wrapper.js';
import type { BoxSpec, ProcessSpec } from '../drivers/sandbox-driver.js';
import { seccompFilter } from '../seccomp/seccomp-filter.js';
import { hostRootArguments } from './host-root.js';
import { NODE_PREFIX, nodeArguments, userArguments } from './toolchain.js';

const MIB = 1024 * 1024;
const INSIDE = { workspace: '/workspace', home: '/home/agent', run: '/run/heddle' } as const;

export interface BubblewrapOptions {
  readonly program: string;
  /** For files that all boxes share; other users must reach it. */
  readonly directory: string;
  /** Set where the platform is root: the uid is dropped before bubblewrap starts, or uid 0 would own /proc/sys inside. */
  readonly setpriv: string | undefined;
  readonly tmpBytes?: number;
  readonly shmBytes?: number;
}

/** Command lines of bubblewrap: own user, mount, pid, net, ipc and uts namespaces, no capability, no path of the host. */
export class BubblewrapWrapper implements CommandWrapper {
  private readonly users = new Map<number, Promise<string[]>>();

  private constructor(
    private readonly options: BubblewrapOptions,
    private readonly shared: readonly string[],
    private readonly filter: Buffer,
  ) {}

  static async open(options: BubblewrapOptions): Promise<BubblewrapWrapper> {
    const shared = [...(await hostRootArguments()), ...(await nodeArguments(options.directory))];
    return new BubblewrapWrapper(options, shared, seccompFilter());
  }

  inside(): typeof INSIDE {
    return INSIDE;
  }

  async wrap(box: BoxSpec, process: ProcessSpec): Promise<WrappedCommand> {
    const uid = String(box.uid);
    const drop =
      this.options.setpriv === undefined
        ? []
        : [this.options.setpriv, '--reuid', uid, '--regid', uid, '--clear-groups', '--no-new-privs', '--inh-caps=-all'];
    return {
      // The arguments come by a descriptor: process 1 inside would show them, with paths of the host.
      // `sh -c exec` gives 127 and 126 for a command that can't be run, where bubblewrap itself gives 1.
      argv: [
        ...drop,
        this.options.program,
        '--args',
        '4',
        '--',
        '/bin/sh',
        '-c',
        'exec "$@"',
        'sh',
        ...process.command,
      ],
      handed: [Buffer.from(`${(await this.boundary(box, process)).join('\0')}\0`), this.filter],
      // /proc/1/environ inside is bubblewrap's own, whatever --clearenv does for the command.
      environment: {},
      cwd: '/',
    };
  }

  private async boundary(box: BoxSpec, process: ProcessSpec): Promise<string[]> {
    const { paths, insideUid = box.uid } = box;
    const uid = String(insideUid);
    return [
      ...['--unshare-user', '--unshare-pid', '--unshare-net', '--unshare-ipc', '--unshare-uts', '--unshare-cgroup-try'],
      ...['--disable-userns', '--uid', uid, '--gid', uid, '--hostname', 'heddle', '--new-session'],
      ...['--json-status-fd', '3', '--seccomp', '5', '--cap-drop', 'ALL', '--clearenv'],
      ...this.shared,
      ...(await this.user(insideUid)),
      ...['--proc', '/proc', '--dev', '/dev'],
      ...['--perms', '1777', '--size', String(this.options.shmBytes ?? 64 * MIB), '--tmpfs', '/dev/shm'],
      ...['--perms', '1777', '--size', String(this.options.tmpBytes ?? 1024 * MIB), '--tmpfs', '/tmp'],
      ...['--dir', '/var', '--symlink', '../tmp', '/var/tmp', '--dir', '/run', '--dir', '/root'],
      ...[
        '--bind',
        paths.merged,
        INSIDE.workspace,
        '--bind',
        paths.home,
        INSIDE.home,
        '--ro-bind',
        paths.run,
        INSIDE.run,
      ],
      // Binds come before: nothing can be made below a read-only root.
      ...['--remount-ro', '/', '--chdir', INSIDE.workspace],
      ...Object.entries({ ...this.baseEnvironment(), ...process.environment }).flatMap(([name, value]) => [
        '--setenv',
        name,
        value,
      ]),
    ];
  }

  private user(uid: number): Promise<string[]> {
    let args = this.users.get(uid);
    if (args === undefined) {
      args = userArguments(this.options.directory, uid);
      this.users.set(uid, args);
    }
    return args;
  }

  private baseEnvironment(): Record<string, string> {
    return {
      PATH: `/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:${NODE_PREFIX}/bin`,
      HOME: INSIDE.home,
      USER: 'agent',
      LOGNAME: 'agent',
      SHELL: '/bin/bash',
      LANG: 'C.UTF-8',
      TMPDIR: '/tmp',
    };
  }
}
