import { BOX_VARIABLE } from '../containment/scan.containment.js';
import type { CommandSpec, CommandWrapper, WrappedCommand } from '../drivers/command-wrapper.js';
import type { BoxSpec } from '../drivers/sandbox-driver.js';
import { SandboxError } from '../sandbox-error.js';
import type { BoxPaths } from '../workspace/box-paths.js';
import { dirname } from 'node:path';

/** Reports the command's end in bubblewrap's words, so that the next supervisor finds it the same way. */
const RUN_AND_REPORT = '"$@" 3>&-; code=$?; echo "{ \\"exit-code\\": $code }" >&3; exit $code';

/** No boundary at all: the command is a process of this host. For hosts that can't do better, by explicit choice only. */
export class UnsafeHostWrapper implements CommandWrapper {
  constructor(private readonly setpriv: string | undefined) {}

  inside(paths: BoxPaths): { readonly workspace: string; readonly home: string; readonly run: string } {
    return { workspace: paths.merged, home: paths.home, run: paths.run };
  }

  prepare(box: BoxSpec): Promise<void> {
    if (box.root === undefined) return Promise.resolve();
    const message = 'Without a boundary commands see the host itself: leave rootfs.directory of the environment empty';
    return Promise.reject(new SandboxError('ROOTFS_NOT_ALLOWED', message));
  }

  wrap(box: BoxSpec, process: CommandSpec): Promise<WrappedCommand> {
    const uid = String(box.uid);
    const drop =
      this.setpriv === undefined
        ? []
        : [this.setpriv, '--reuid', uid, '--regid', uid, '--clear-groups', '--no-new-privs'];
    return Promise.resolve({
      argv: [...drop, '/bin/sh', '-c', RUN_AND_REPORT, 'heddle-unsafe-host', ...process.command],
      handed: [],
      environment: {
        PATH: `/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:${dirname(globalThis.process.execPath)}`,
        HOME: box.paths.home,
        USER: 'agent',
        LOGNAME: 'agent',
        SHELL: '/bin/bash',
        LANG: 'C.UTF-8',
        ...process.environment,
        [BOX_VARIABLE]: box.name,
      },
      cwd: box.paths.merged,
    });
  }
}
