import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, constants, fchownSync, openSync, readFileSync } from 'node:fs';
import { makePipe } from '../native/libc.js';
import { SandboxError } from '../sandbox-error.js';
import { identityFromStat, type HostIdentity, type ProcessIdentity } from './process-identity.js';

/**
 * Copies a pipe into the spool as it comes (`head` would hold lines back in its buffer), up to the size limit that the
 * kernel enforces on it; what comes later is read and dropped, so that the writer never blocks.
 */
const DRAIN = 'ulimit -c 0; ulimit -f "$0"; /bin/cat; exec /bin/cat >/dev/null';

/** Joins the control groups, then becomes the command: a process that has forked already could leave someone behind. */
const JOIN = 'ulimit -c 0; while [ "$1" != -- ]; do echo 0 >"$1/cgroup.procs" || exit 125; shift; done; shift; exec "$@"';

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

export interface Output {
  readonly spool: string;
  readonly capBytes: number;
  /** Whoever owns the pipe may open it again by name (`> /dev/stderr`). */
  readonly owner: number | undefined;
}

export interface StartedProcess {
  readonly identity: ProcessIdentity;
  /** Resolves when it is dead and reaped. */
  readonly exited: Promise<void>;
}

/** A pipe whose far end a small process of its own drains into a spool: no death of the platform can hurt the writer. */
export function startDrainer(output: Output, host: HostIdentity): { readonly write: number; readonly drainer: StartedProcess } {
  const pipe = makePipe();
  const spool = openSync(output.spool, constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND, 0o600);
  try {
    if (output.owner !== undefined) fchownSync(pipe.write, output.owner, output.owner);
    const blocks = String(Math.ceil(output.capBytes / 512));
    const child = spawn('/bin/sh', ['-c', DRAIN, blocks], { detached: true, env: {}, cwd: '/', stdio: [pipe.read, spool, 'ignore'] });
    child.unref();
    return { write: pipe.write, drainer: identify(child, host) };
  } catch (error) {
    closeSync(pipe.write);
    throw error;
  } finally {
    closeSync(pipe.read);
    closeSync(spool);
  }
}

/** Starts a command in a process session of its own, with an environment that holds nothing of this process's. */
export function startCommand(options: StartOptions, stdout: number, stderr: number, host: HostIdentity): StartedProcess {
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
  if (child.pid === undefined) throw new SandboxError('SANDBOX_SPAWN_FAILED', 'the host could not start a process for the sandbox');
  const identity = identityFromStat(host, child.pid, readFileSync(`/proc/${String(child.pid)}/stat`, 'utf8'));
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => {
      resolve();
    });
  });
  return { identity, exited };
}
