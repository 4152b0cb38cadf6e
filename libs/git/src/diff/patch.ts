import type { Readable } from 'node:stream';
import type { GitLocation } from '../process/environment.js';
import { nulJoin } from '../process/nul-fields.js';
import { startGit } from '../process/start-git.js';
import { DIFF_FLAGS, type ChangedFile } from './changed-files.js';

export interface PatchText {
  /** Unified patch with headers; bytes, as files need not be UTF-8. */
  readonly patch: Buffer;
  /** The patch is longer than asked for and was cut at the end of a line. */
  readonly truncated: boolean;
}

export interface FilePatchOptions extends GitLocation {
  readonly base: string;
  readonly head: string;
  readonly file: Pick<ChangedFile, 'path' | 'oldPath'>;
  /** Lines around a hunk; default 3. */
  readonly context?: number;
  readonly maxBytes: number;
  readonly signal?: AbortSignal;
}

/** The patch of one file of a change. Binary files give the header and one line that says so. */
export async function filePatch(options: FilePatchOptions): Promise<PatchText> {
  const paths = options.file.oldPath === undefined ? [options.file.path] : [options.file.oldPath, options.file.path];
  // Paths are bytes and arguments are text: xargs hands them over as they are.
  const git = startGit(
    ['diff-tree', ...DIFF_FLAGS, '-p', `-U${String(options.context ?? 3)}`, '--end-of-options', options.base, options.head, '--'],
    { ...options, through: ['xargs', '-0', '-x'] },
  );
  git.stdin.end(nulJoin(paths));
  return readCapped(git, options.maxBytes);
}

/** The whole change as `git apply --binary` takes it. */
export function wholePatch(at: GitLocation, base: string, head: string, signal?: AbortSignal): { stream: Readable; done: Promise<void> } {
  const git = startGit(['diff-tree', ...DIFF_FLAGS, '-p', '--binary', '--end-of-options', base, head], { ...at, signal, timeoutMs: 600_000 });
  git.stdin.end();
  return { stream: git.stdout, done: git.done.then(() => undefined) };
}

async function readCapped(git: { stdout: Readable; done: Promise<number>; kill(): void }, maxBytes: number): Promise<PatchText> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of git.stdout as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > maxBytes) {
      git.kill();
      const cut = Buffer.concat(chunks).subarray(0, maxBytes);
      return { patch: cut.subarray(0, cut.lastIndexOf(10) + 1), truncated: true };
    }
  }
  await git.done;
  return { patch: Buffer.concat(chunks), truncated: false };
}
