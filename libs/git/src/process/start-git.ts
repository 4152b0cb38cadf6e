import { spawn, type ChildProcess } from 'node:child_process';
import { PassThrough, pipeline, type Readable, type Writable } from 'node:stream';
import { gitEnvironment, type GitEnvironmentOptions } from './environment.js';
import { GitError } from './git-error.js';

/** A user of the host by number. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Bounds on one process that works on what an agent wrote; enforced by the kernel. */
export interface ProcessLimits {
  readonly cpuSeconds: number;
  readonly memoryBytes: number;
}

export interface GitProcessOptions extends GitEnvironmentOptions {
  readonly cwd?: string;
  /** Wall clock; default 120 s; 0: no time is left. At its end the whole process group is killed. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Drops to this user, without supplementary groups. Needs root; ignored when it is the caller already. */
  readonly runAs?: Owner;
  readonly limits?: ProcessLimits;
  /** Exit codes that are answers, not failures; default `[0]`. */
  readonly okCodes?: readonly number[];
  /** A program that starts git with arguments it reads itself (`xargs -0`), for bytes that no argument array can hold. */
  readonly through?: readonly string[];
}

export interface GitProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** Resolves with the exit code once the process has ended and its output is read; rejects with `GitError`. */
  readonly done: Promise<number>;
  kill(): void;
}

const DEFAULT_TIMEOUT_MS = 120_000;
const MAX_STDERR_BYTES = 64 * 1024;

/** Starts git with its hardened environment. Every git process of the platform is made here. */
export function startGit(args: readonly string[], options: GitProcessOptions): GitProcess {
  const [program, ...rest] = commandLine(args, options);
  const child = spawn(program ?? 'git', rest, {
    cwd: options.cwd ?? '/',
    env: gitEnvironment(options),
    stdio: ['pipe', 'pipe', 'pipe'],
    // A group of its own: its helpers (remote-https, receive-pack, index-pack) die with it.
    detached: true,
    ...identity(options.runAs),
  });
  // Node throws away what an ended process printed if nobody reads it yet; how it ended is for `done` to say.
  const stdout = new PassThrough();
  pipeline(child.stdout, stdout, () => undefined);
  const ending = new ProcessEnding(child, args[0] ?? '', options);
  return {
    stdin: child.stdin,
    stdout,
    done: ending.done,
    kill: () => {
      ending.kill('aborted');
    },
  };
}

function commandLine(args: readonly string[], options: GitProcessOptions): string[] {
  const git = [...(options.through ?? []), 'git', ...args];
  if (options.limits === undefined) return git;
  const { cpuSeconds, memoryBytes } = options.limits;
  return ['prlimit', `--cpu=${String(cpuSeconds)}`, `--data=${String(memoryBytes)}`, '--core=0', '--', ...git];
}

function identity(owner: Owner | undefined): { uid?: number; gid?: number } {
  return owner === undefined || process.getuid?.() !== 0 || owner.uid === 0 ? {} : { uid: owner.uid, gid: owner.gid };
}

class ProcessEnding {
  readonly done: Promise<number>;
  private failure: 'timeout' | 'aborted' | undefined;
  private stderr: Buffer = Buffer.alloc(0);

  constructor(
    private readonly child: ChildProcess,
    private readonly command: string,
    options: GitProcessOptions,
  ) {
    child.stderr?.on('data', (chunk: Buffer) => {
      if (this.stderr.length < MAX_STDERR_BYTES) {
        this.stderr = Buffer.concat([this.stderr, chunk]).subarray(0, MAX_STDERR_BYTES);
      }
    });
    // A process that ends before it has read all of its input is judged by its exit code, not by the broken pipe.
    child.stdin?.on('error', () => undefined);
    const { timeoutMs = DEFAULT_TIMEOUT_MS } = options;
    const timer = setTimeout(() => {
      this.kill('timeout');
    }, timeoutMs);
    // A timer of no time still waits for the event loop, in which a fast process ends.
    if (timeoutMs <= 0) this.kill('timeout');
    const onAbort = (): void => {
      this.kill('aborted');
    };
    options.signal?.addEventListener('abort', onAbort, { once: true });
    if (options.signal?.aborted === true) onAbort();
    this.done = new Promise<number>((resolve, reject) => {
      child.once('error', (error) => {
        reject(new GitError('spawn', command, undefined, '', error));
      });
      child.once('close', (code) => {
        if (this.failure === undefined && code !== null && (options.okCodes ?? [0]).includes(code)) resolve(code);
        else
          reject(new GitError(this.failure ?? 'exit', this.command, code ?? undefined, this.stderr.toString('utf8')));
      });
    }).finally(() => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', onAbort);
    });
    // Whoever reads the stream first may fail before it looks at `done`; that must not end the service.
    this.done.catch(() => undefined);
  }

  kill(reason: 'timeout' | 'aborted'): void {
    this.failure ??= reason;
    if (this.child.pid === undefined) return;
    try {
      process.kill(-this.child.pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}
