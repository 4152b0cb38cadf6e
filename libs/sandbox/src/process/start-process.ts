import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { SandboxError } from '../sandbox-error.js';
import { identityFromStat, type HostIdentity, type ProcessIdentity } from './process-identity.js';

/**
 * Joins the control groups, then becomes the command: a process that has forked already could leave someone behind.
 * Where the host itself allows fewer open files, its own limit stands.
 */
const JOIN = [
  'ulimit -c 0; [ -z "$0" ] || ulimit -n "$0" 2>/dev/null || :',
  'while [ "$1" != -- ]; do echo 0 >"$1/cgroup.procs" || exit 125; shift; done; shift; exec "$@"',
].join('\n');

export interface StartOptions {
  readonly argv: readonly string[];
  /** Control groups to join before anything else runs. */
  readonly cgroups: readonly string[];
  /** Of each process; absent: as many as this process may. */
  readonly openFiles: number | undefined;
  readonly cwd: string;
  readonly stdin: number | 'ignore';
  /** Files that the command gets as descriptors 3, 4, … */
  readonly extra: readonly number[];
  /** The command's own environment, complete. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface StartedProcess {
  readonly identity: ProcessIdentity;
  /** Resolves when it is dead and reaped. */
  readonly exited: Promise<void>;
}

/** Starts a command in a process session of its own, with an environment that holds nothing of this process's. */
export function startCommand(
  options: StartOptions,
  stdout: number,
  stderr: number,
  host: HostIdentity,
): StartedProcess {
  const child = spawn(
    '/bin/sh',
    ['-c', JOIN, String(options.openFiles ?? ''), ...options.cgroups, '--', ...options.argv],
    {
      detached: true,
      cwd: options.cwd,
      env: { ...options.environment },
      stdio: [options.stdin, stdout, stderr, ...options.extra],
    },
  );
  child.unref();
  return identify(child, host);
}

/** Before the event loop turns the child can't have been reaped: its entry in /proc is there. */
export function identify(child: ChildProcess, host: HostIdentity): StartedProcess {
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
