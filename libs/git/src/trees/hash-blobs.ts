import type { GitLocation } from '../process/environment.js';
import { runGit } from '../process/run-git.js';
import type { ProcessLimits } from '../process/start-git.js';

export interface HashBlobsOptions extends GitLocation {
  /** Absolute paths of regular files that nobody else writes. Their names may hold any byte but NUL. */
  readonly files: readonly Buffer[];
  readonly limits?: ProcessLimits;
  readonly signal?: AbortSignal;
}

/** Stores the bytes of files as blobs, exactly as they are, in one process. The ids come in the order of `files`. */
export async function hashBlobs(options: HashBlobsOptions): Promise<string[]> {
  if (options.files.length === 0) return [];
  const { stdout } = await runGit(['hash-object', '-w', '--no-filters', '--stdin-paths'], {
    ...options,
    input: Buffer.concat(options.files.map(quoted)),
    timeoutMs: 600_000,
    maxOutputBytes: options.files.length * 72,
  });
  const ids = stdout.toString('latin1').trimEnd().split('\n');
  if (ids.length !== options.files.length)
    throw new Error('git hash-object answered with another number of ids than files');
  return ids;
}

/** Stores bytes that are in memory (the target of a symlink) as a blob. */
export async function hashBytes(at: GitLocation, bytes: Uint8Array): Promise<string> {
  const { stdout } = await runGit(['hash-object', '-w', '--stdin'], { ...at, input: bytes });
  return stdout.toString('latin1').trim();
}

/** C-style quoting of git's line protocols, so that a line break in a name stays part of the name. */
function quoted(path: Buffer): Buffer {
  let text = '"';
  for (const byte of path) {
    text +=
      byte < 0x20 || byte === 0x22 || byte === 0x5c || byte >= 0x7f
        ? `\\${byte.toString(8).padStart(3, '0')}`
        : String.fromCharCode(byte);
  }
  return Buffer.from(`${text}"\n`, 'latin1');
}
