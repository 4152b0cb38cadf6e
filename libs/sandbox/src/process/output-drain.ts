import { spawn } from 'node:child_process';
import { closeSync, constants, fchownSync, openSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { makePipe } from '../native/libc.js';
import { errnoOf } from '../sandbox-error.js';
import type { HostIdentity } from './process-identity.js';
import { identify, type StartedProcess } from './start-process.js';

/**
 * Why it is `cat` under a limit: docs/adr/0006-output-is-drained-by-cat-under-a-size-limit.md.
 * Copies two pipes into their spools as they come (`head` would hold lines back in its buffer), up to the size limit that
 * the kernel enforces. What a spool does not take any more, at its limit or on a full disk, is read and dropped, so that
 * the writer never blocks, and the spool is marked. 3 and 4 are the pipes, 1 and 5 the spools.
 */
const DRAIN = [
  'ulimit -c 0; ulimit -f "$0"',
  '{ /bin/cat <&3 || { /bin/chmod u+x /proc/self/fd/1; exec /bin/cat <&3 >/dev/null; }; } &',
  '{ /bin/cat <&4 >&5 || { /bin/chmod u+x /proc/self/fd/5; exec /bin/cat <&4 >/dev/null; }; } &',
  'exec 3<&- 4<&- 5>&-; wait',
].join('\n');

/** True if the spool could not take all that was printed; the mark outlives every process. False if there is none. */
export async function isCut(spool: string): Promise<boolean> {
  try {
    return ((await stat(spool)).mode & constants.S_IXUSR) !== 0;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}

export interface Spools {
  readonly stdout: string;
  readonly stderr: string;
  readonly capBytes: number;
  /** Whoever owns the pipes may open them again by name (`> /dev/stderr`). */
  readonly owner: number | undefined;
  /** Absent: pipes without a name. The reading ends are closed here. */
  readonly pipes?: { readonly stdout: Pipe; readonly stderr: Pipe };
}

/** Descriptors of the two ends. */
export interface Pipe {
  readonly read: number;
  readonly write: number;
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
  const { stdout, stderr } = spools.pipes ?? { stdout: makePipe(), stderr: makePipe() };
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
