import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync } from 'node:fs';
import type { Readable } from 'node:stream';
import type { WrappedCommand } from '../drivers/command-wrapper.js';
import { makeMemoryFile } from '../native/libc.js';
import { errnoOf } from '../sandbox-error.js';

export interface ConfinedLimits {
  /** Of all of it; then everything that it has started is killed. */
  readonly wallMs: number;
  /** Of each process. */
  readonly memoryBytes: number;
  /** Of the outcome, and of each file that is written. */
  readonly outputBytes: number;
}

/** How it ended. `status` and `errors` are the boundary's own words. */
export interface ConfinedEnding {
  readonly stopped: 'TIME' | 'OUTPUT' | undefined;
  /** Null: a signal. */
  readonly code: number | null;
  readonly output: Buffer;
  readonly status: string;
  readonly errors: string;
}

/** Threads are counted too. */
const MAX_PROCESSES = 128;
const MAX_WORDS = 16 * 1024;

/** @param counted the user runs nothing else: its processes can be limited */
export async function startConfined(
  prlimit: string,
  { argv, handed, environment, cwd }: WrappedCommand,
  limits: ConfinedLimits,
  counted: boolean,
): Promise<ConfinedEnding> {
  const cpuSeconds = Math.ceil(limits.wallMs / 1000);
  const bounds = [
    `--cpu=${String(cpuSeconds)}`,
    `--data=${String(limits.memoryBytes)}`,
    `--fsize=${String(limits.outputBytes)}`,
    '--core=0',
    ...(counted ? [`--nproc=${String(MAX_PROCESSES)}`] : []),
  ];
  const files = handed.map((content) => makeMemoryFile(content));
  let child: ChildProcess;
  try {
    child = spawn(prlimit, [...bounds, '--', ...argv], {
      cwd,
      env: { ...environment },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe', ...files],
      detached: true,
    });
  } finally {
    for (const fd of files) closeSync(fd);
  }
  return ending(child, limits);
}

async function ending(child: ChildProcess, { wallMs, outputBytes }: ConfinedLimits): Promise<ConfinedEnding> {
  let stopped: ConfinedEnding['stopped'];
  const stop = (why: 'TIME' | 'OUTPUT'): void => {
    stopped ??= why;
    kill(child);
  };
  const [, stdout, stderr, words] = child.stdio as (Readable | null)[];
  const output = gather(stdout, outputBytes, () => stop('OUTPUT'));
  const errors = gather(stderr, MAX_WORDS, () => stop('OUTPUT'));
  const status = gather(words, MAX_WORDS, () => stop('OUTPUT'));
  const timer = setTimeout(() => stop('TIME'), wallMs);
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      // Its outputs are closed once all that it started is dead: they share a pid namespace.
      child.once('close', resolve);
    });
    return { stopped, code, output: output(), status: status().toString(), errors: errors().toString() };
  } finally {
    clearTimeout(timer);
  }
}

function gather(stream: Readable | null | undefined, max: number, onMore: () => void): () => Buffer {
  const chunks: Buffer[] = [];
  let size = 0;
  stream?.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > max) onMore();
    else chunks.push(chunk);
  });
  return () => Buffer.concat(chunks);
}

/** The boundary's own processes; what is inside dies with them. */
function kill({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (errnoOf(error) !== 'ESRCH') throw error;
  }
}
