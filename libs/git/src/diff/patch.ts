import type { Readable } from 'node:stream';
import type { GitLocation } from '../process/environment.js';
import { nulJoin } from '../process/nul-fields.js';
import { startGit, type GitProcess } from '../process/start-git.js';
import { DIFF_FLAGS, type ChangedFile } from './changed-files.js';

/** The unified patch of one file with its headers, as bytes: files need not be UTF-8. */
export type FilePatch = { readonly kind: 'TEXT'; readonly patch: Buffer } | { readonly kind: 'TOO_LARGE' };

export interface FilePatchesOptions extends GitLocation {
  readonly base: string;
  readonly head: string;
  /** Neighbours of what `changedFiles` gave, in its order. */
  readonly files: readonly ChangedFile[];
  /** Lines around a hunk; default 3. */
  readonly context?: number;
  readonly maxBytesPerFile: number;
  /** Of all patches together. */
  readonly maxBytes: number;
  readonly signal?: AbortSignal;
}

/**
 * Patches of the first of `files`, as many as `maxBytes` holds, at least one, in one process. Of binary files a line that says so.
 */
export async function filePatches(options: FilePatchesOptions): Promise<FilePatch[]> {
  if (options.files.length === 0) return [];
  const paths = options.files.flatMap((file) => (file.oldPath === undefined ? [file.path] : [file.oldPath, file.path]));
  // Paths are bytes and arguments are text: xargs hands them over as they are.
  const git = startGit(
    [
      'diff-tree',
      ...DIFF_FLAGS,
      '-p',
      `-U${String(options.context ?? 3)}`,
      '--end-of-options',
      options.base,
      options.head,
      '--',
    ],
    { ...options, through: ['xargs', '-0', '-x'] },
  );
  git.stdin.end(nulJoin(paths));
  const { output, whole } = await readCapped(git, options.maxBytes + options.maxBytesPerFile);
  const sections = splitSections(output);
  const patches: FilePatch[] = [];
  let size = 0;
  for (const [index, file] of options.files.entries()) {
    // A change of type is printed as a removal and an addition.
    const own = sections.splice(0, file.status === 'TYPE_CHANGED' ? 2 : 1);
    const cut = !whole && sections.length === 0;
    const patch = Buffer.concat(own);
    size += patch.length;
    if (index > 0 && (cut || size > options.maxBytes)) break;
    patches.push(cut || patch.length > options.maxBytesPerFile ? { kind: 'TOO_LARGE' } : { kind: 'TEXT', patch });
    if (cut) break;
  }
  return patches;
}

/** The whole change as `git apply --binary` takes it. */
export function wholePatch(
  at: GitLocation,
  base: string,
  head: string,
  signal?: AbortSignal,
): { stream: Readable; done: Promise<void> } {
  const git = startGit(['diff-tree', ...DIFF_FLAGS, '-p', '--binary', '--end-of-options', base, head], {
    ...at,
    signal,
    timeoutMs: 600_000,
  });
  git.stdin.end();
  return { stream: git.stdout, done: git.done.then(() => undefined) };
}

async function readCapped(git: GitProcess, maxBytes: number): Promise<{ output: Buffer; whole: boolean }> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of git.stdout as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > maxBytes) {
      git.kill();
      return { output: Buffer.concat(chunks), whole: false };
    }
  }
  await git.done;
  return { output: Buffer.concat(chunks), whole: true };
}

const SECTION = Buffer.from('diff --git ');
const NEXT_SECTION = Buffer.from('\ndiff --git ');

/** Lines of hunks begin with a space, a sign or a backslash: only a header begins with "diff". */
function splitSections(output: Buffer): Buffer[] {
  const sections: Buffer[] = [];
  let start = output.subarray(0, SECTION.length).equals(SECTION) ? 0 : output.length;
  while (start < output.length) {
    const next = output.indexOf(NEXT_SECTION, start);
    const end = next === -1 ? output.length : next + 1;
    sections.push(output.subarray(start, end));
    start = end;
  }
  return sections;
}
