import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GitError } from './git-error.js';
import { startGit, type GitProcessOptions } from './start-git.js';

export type GitInput = string | Uint8Array | AsyncIterable<Uint8Array> | Readable;

export interface RunGitOptions extends GitProcessOptions {
  readonly input?: GitInput;
  /** Default 16 MiB; more is an error, never a silent cut. */
  readonly maxOutputBytes?: number;
}

export interface GitResult {
  readonly exitCode: number;
  readonly stdout: Buffer;
}

const DEFAULT_MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

/** Runs git to its end and returns what it printed. Rejects with `GitError` (exit code, time, abort, output over the cap). */
export async function runGit(args: readonly string[], options: RunGitOptions): Promise<GitResult> {
  const git = startGit(args, options);
  const cap = options.maxOutputBytes ?? DEFAULT_MAX_OUTPUT_BYTES;
  const chunks: Buffer[] = [];
  let size = 0;
  const isOver = (): boolean => size > cap;
  git.stdout.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (isOver()) git.kill();
    else chunks.push(chunk);
  });
  // The last of what it printed may arrive after the end of the process is known.
  const printed = new Promise<void>((resolve) => git.stdout.once('close', resolve));
  // A source that breaks off must not look like a short input that git was content with.
  const source: { failure?: Error } = {};
  const fed = feed(git.stdin, options.input).catch((error: unknown) => {
    source.failure = error instanceof Error ? error : new Error(String(error));
    git.kill();
  });
  try {
    const exitCode = await git.done.finally(() => printed);
    await fed;
    if (source.failure !== undefined) throw source.failure;
    return { exitCode, stdout: Buffer.concat(chunks) };
  } catch (error) {
    if (source.failure !== undefined) throw source.failure;
    if (isOver()) throw new GitError('output-limit', args[0] ?? '', undefined, `more than ${String(cap)} bytes`, error);
    if (GitError.is(error)) error.stdout = Buffer.concat(chunks).toString('utf8');
    throw error;
  }
}

/** The trimmed text that a command prints, for ids and names. */
export async function gitLine(args: readonly string[], options: RunGitOptions): Promise<string> {
  return (await runGit(args, options)).stdout.toString('utf8').trim();
}

/** Writes a whole input and closes it. A source that fails closes git's input, which then fails by itself. */
export async function feed(stdin: NodeJS.WritableStream, input: GitInput | undefined): Promise<void> {
  if (input === undefined) stdin.end();
  else if (typeof input === 'string' || input instanceof Uint8Array) stdin.end(input);
  else {
    try {
      await pipeline(input instanceof Readable ? input : Readable.from(input), stdin);
    } catch (error) {
      // Git closed its input first: its exit code says why.
      if (!['EPIPE', 'ERR_STREAM_PREMATURE_CLOSE', 'ECONNRESET'].includes((error as NodeJS.ErrnoException).code ?? ''))
        throw error;
    }
  }
}
