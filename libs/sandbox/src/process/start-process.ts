import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, constants, fchownSync, openSync, readFileSync } from 'node:fs';
import { makePipe } from '../native/libc.js';
import { SandboxError } from '../sandbox-error.js';
import { identityFromStat, type HostIdentity, type ProcessIdentity } from './process-identity.js';

/**
 * Copies two pipes into their spools as they come (`head` would hold lines back in its buffer), up to the size limit that
 * the kernel enforces; what comes later is read and dropped, so that the writer never blocks. 3 and 4 are the pipes, 1 and
 * 5 the spools.
 */
const DRAIN = [
  'ulimit -c 0; ulimit -f "$0"',
  '{ /bin/cat <&3; exec /bin/cat <&3 >/dev/null; } &',
  '{ /bin/cat <&4 >&5; exec /bin/cat <&4 >/dev/null; } &',
  'exec 3<&- 4<&- 5>&-; wait',
].join('\n');

/** Joins the control groups, then becomes the command: a process that has forked already could leave someone behind. */
const JOIN =
  'ulimit -c 0; while [ "$1" != -- ]; do echo 0 >"$1/cgroup.procs" || exit 125; shift; done; shift; exec "$@"';

export interface StartOptions {
  readonly argv: readonly string[];
  /** Control groups to join before anything else runs. */
  readonly cgroups: readonly string[];
  readonly cwd: string;
  readonly stdin: number | 'ignore';
  /** Files that the command gets as descriptors 3, 4, … */
  readonly extra: readonly number[];
  /** The command's own environment, complete. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface Spools {
  readonly stdout: string;
  readonly stderr: string;
  readonly capBytes: number;
  /** Whoever owns the pipes may open them again by name (`> /dev/stderr`). */
  readonly owner: number | undefined;
}

export interface StartedProcess {
  readonly identity: ProcessIdentity;
  /** Resolves when it is dead and reaped. */
  readonly exited: Promise<void>;
}

/** Pipes whose far ends a small process of its own drains into spools: no death of the platform can hurt the writer. */
export function startDrainer(
  spools: Spools,
  host: HostIdentity,
): { readonly stdout: number; readonly stderr: number; readonly drainer: StartedProcess } {
  const toClose: number[] = [];
  const own = (fd: number): number => {
    toClose.push(fd);
    return fd;
  };
  const open = (path: string): number =>
    own(openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND, 0o600));
  const [stdout, stderr] = [makePipe(), makePipe()];
  own(stdout.read);
  own(stderr.read);
  try {
    if (spools.owner !== undefined)
      for (const pipe of [stdout, stderr]) fchownSync(pipe.write, spools.owner, spools.owner);
    const blocks = String(Math.ceil(spools.capBytes / 512));
    const stdio = [
      'ignore' as const,
      open(spools.stdout),
      'ignore' as const,
      stdout.read,
      stderr.read,
      open(spools.stderr),
    ];
    const child = spawn('/bin/sh', ['-c', DRAIN, blocks], { detached: true, env: {}, cwd: '/', stdio });
    child.unref();
    return { stdout: stdout.write, stderr: stderr.write, drainer: identify(child, host) };
  } catch (error) {
    toClose.push(stdout.write, stderr.write);
    throw error;
  } finally {
    for (const fd of toClose) closeSync(fd);
  }
}

/** Starts a command in a process session of its own, with an environment that holds nothing of this process's. */
export function startCommand(
  options: StartOptions,
  stdout: number,
  stderr: number,
  host: HostIdentity,
): StartedProcess {
  const child = spawn('/bin/sh', ['-c', JOIN, 'sh', ...options.cgroups, '--', ...options.argv], {
    detached: true,
    cwd: options.cwd,
    env: { ...options.environment },
    stdio: [options.stdin, stdout, stderr, ...options.extra],
  });
  child.unref();
  return identify(child, host);
}

/** Before the event loop turns the child can't have been reaped: its entry in /proc is there. */
function identify(child: ChildProcess, host: HostIdentity): StartedProcess {
  // Reported as a rejected promise of nobody otherwise; the missing pid says it already.
  child.on('error', () => undefined);
  if (child.pid === undefined)
    throw new SandboxError('SANDBOX_SPAWN_FAILED', 'the host could not start a process for the sandbox');
  const identity = identityFromStat(host, child.pid, readFileSync(`/proc/${String(child.pid)}/stat`, 'utf8'));
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => {
      resolve();
    });
  });
  return { identity, exited };
}
