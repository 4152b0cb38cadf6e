import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { chmod, chown, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { makeFifo } from '../native/libc.js';
import type { Pipe } from '../process/output-drain.js';
import { errnoOf, SandboxError } from '../sandbox-error.js';
import type { BoxPaths } from '../workspace/box-paths.js';

const POLL_MS = 5;

/**
 * Process 1 of every container, by a shell of the image. It holds the outputs, waits for what it is to run, runs that,
 * and ends as that ends; meanwhile it reaps what others left behind. Its input is the null device, `$1` the gate's directory.
 */
const PROCESS_ONE = [
  'exec 3>"$1/stdout" 4>"$1/stderr" </dev/null >/dev/null 2>&1',
  'gate=$1; set --; . "$gate/start"; unset gate',
  '"$@" >&3 2>&4 3>&- 4>&-',
  'exit "$?"',
].join('\n');

/**
 * Named pipes between the platform and one process of a container. The engine hands no descriptor on, and its own
 * logs end with it: these outlive engine and platform alike. What is to run, with its environment, goes through one of
 * them too, so that neither is ever on the engine's record, and nothing runs before the platform says so.
 */
export class StartGate {
  private readonly files: number[] = [];

  private constructor(
    private readonly directory: string,
    readonly pipes: { readonly stdout: Pipe; readonly stderr: Pipe },
  ) {}

  /** @param uid whose process may write to the outputs and read the start, and do nothing else with them */
  static async make(paths: BoxPaths, processId: string, uid: number): Promise<StartGate> {
    const directory = gateDirectory(paths, processId);
    await rm(directory, { recursive: true, force: true });
    await mkdir(directory, { recursive: true, mode: 0o755 });
    const fifo = async (name: string, mode: number): Promise<string> => {
      const path = join(directory, name);
      makeFifo(path);
      await chown(path, 0, uid);
      await chmod(path, mode);
      return path;
    };
    await fifo('start', 0o640);
    const [stdout, stderr] = [await fifo('stdout', 0o620), await fifo('stderr', 0o620)];
    return new StartGate(directory, { stdout: bothEnds(stdout), stderr: bothEnds(stderr) });
  }

  /** The command line of process 1, in an environment of nothing at all. @param run where the inside sees `paths.run` */
  static command(run: string, processId: string): string[] {
    const directory = `${run}/${DIRECTORY}/${processId}`;
    return ['/usr/bin/env', '-i', '/bin/sh', '-c', PROCESS_ONE, 'heddle', directory];
  }

  /** True where a process still waits to be told what it is to run. */
  static isClosed(paths: BoxPaths, processId: string): boolean {
    const fd = openStart(gateDirectory(paths, processId));
    if (fd !== undefined) closeSync(fd);
    return fd !== undefined;
  }

  /** Lets the process go. SANDBOX_SPAWN_FAILED where it does not come to the gate in time. */
  async open(
    command: readonly string[],
    environment: Readonly<Record<string, string>>,
    limitMs: number,
  ): Promise<void> {
    const end = performance.now() + limitMs;
    const late = (): SandboxError =>
      new SandboxError('SANDBOX_SPAWN_FAILED', 'the container did not run the shell of its image in time');
    let fd: number | undefined;
    while ((fd = openStart(this.directory)) === undefined) {
      if (performance.now() > end) throw late();
      await delay(POLL_MS);
    }
    this.files.push(fd);
    const text = Buffer.from(startScript(command, environment));
    for (let at = 0; at < text.length;) {
      try {
        at += writeSync(fd, text, at);
      } catch (error) {
        if (errnoOf(error) !== 'EAGAIN') throw error;
        if (performance.now() > end) throw late();
        await delay(POLL_MS);
      }
    }
  }

  /** Of the platform's ends; the process's are its own. */
  close(): void {
    for (const fd of this.files.splice(0)) closeSync(fd);
  }
}

const DIRECTORY = 'io';

function gateDirectory(paths: BoxPaths, processId: string): string {
  return join(paths.run, DIRECTORY, processId);
}

/** With both ends of it open, neither waits for the other; the one that was both is closed again. */
function bothEnds(path: string): Pipe {
  const both = openSync(path, constants.O_RDWR);
  try {
    return { read: openSync(path, constants.O_RDONLY), write: openSync(path, constants.O_WRONLY) };
  } finally {
    closeSync(both);
  }
}

/** Undefined where nobody reads. */
function openStart(directory: string): number | undefined {
  try {
    return openSync(join(directory, 'start'), constants.O_WRONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (errnoOf(error) === 'ENXIO' || errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** For a shell that reads it as its own. Within single quotes nothing means anything but the quote itself. */
export function startScript(command: readonly string[], environment: Readonly<Record<string, string>>): string {
  const quote = (text: string): string => {
    if (text.includes('\0')) throw new RangeError('a program can be given no NUL byte');
    return `'${text.replaceAll("'", `'\\''`)}'`;
  };
  const variables = Object.entries(environment).map(([name, value]) => {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw new RangeError(`${name} is no name of a variable`);
    return `export ${name}=${quote(value)}\n`;
  });
  return `${variables.join('')}set -- ${command.map(quote).join(' ')}\n`;
}
