import type { Readable } from 'node:stream';
import type { GitLocation } from '../process/environment.js';
import { nulJoin } from '../process/nul-fields.js';
import { startGit, type GitProcess } from '../process/start-git.js';
import { DIFF_FLAGS, FIND_RENAMES, rawFiles, type ChangedFile } from './changed-files.js';

/** The unified patch of one file with its headers, as bytes: files need not be UTF-8. */
export type FilePatch = { readonly kind: 'TEXT'; readonly patch: Buffer } | { readonly kind: 'TOO_LARGE' };

export interface FilePatchesOptions extends GitLocation {
  readonly base: string;
  readonly head: string;
  /** Neighbours of what `changedFiles` gave, in its order. */
  readonly files: readonly ChangedFile[];
  /** Lines around a hunk; default 3. */
  readonly context?: number;
  /** Lines that differ by white space only count as equal; a file without any other difference has an empty patch. */
  readonly ignoreWhitespace?: boolean;
  readonly maxBytesPerFile: number;
  /** Of all patches together. */
  readonly maxBytes: number;
  readonly signal?: AbortSignal;
}

/** The patch of one file as far as it was read. */
interface Section {
  readonly patch: Buffer;
  readonly cut: boolean;
}

/**
 * Patches of the first of `files`, as many as `maxBytes` holds, at least one. Of binary files a line that says so.
 * Among a few paths git may pair other renames than in the whole change: those that were found there are looked for among
 * themselves, all others without renames, and every patch is known by the name that git gives with it.
 */
export async function filePatches(options: FilePatchesOptions): Promise<FilePatch[]> {
  const renamed = options.files.filter((file) => file.oldPath !== undefined);
  const plain = options.files.filter((file) => file.oldPath === undefined);
  const sections = new Map([
    ...(await sectionsOf(options, plain, ['--no-renames'])),
    ...(await sectionsOf(options, renamed, FIND_RENAMES)),
  ]);
  const patches: FilePatch[] = [];
  let size = 0;
  for (const [index, file] of options.files.entries()) {
    const found = sections.get(nameOf(file.path, file.oldPath)) ?? (await alone(options, file));
    size += found.patch.length;
    if (index > 0 && (found.cut || size > options.maxBytes)) break;
    const tooLarge = found.cut || found.patch.length > options.maxBytesPerFile;
    patches.push(tooLarge ? { kind: 'TOO_LARGE' } : { kind: 'TEXT', patch: found.patch });
    if (found.cut) break;
  }
  return patches;
}

async function alone(options: FilePatchesOptions, file: ChangedFile): Promise<Section> {
  const sections = await sectionsOf(options, [file], file.oldPath === undefined ? ['--no-renames'] : FIND_RENAMES);
  return sections.get(nameOf(file.path, file.oldPath)) ?? { patch: Buffer.alloc(0), cut: true };
}

async function sectionsOf(
  options: FilePatchesOptions,
  files: readonly ChangedFile[],
  renames: readonly string[],
): Promise<Map<string, Section>> {
  if (files.length === 0) return new Map();
  const paths = files.flatMap((file) => (file.oldPath === undefined ? [file.path] : [file.oldPath, file.path]));
  const context = `-U${String(options.context ?? 3)}`;
  // Git prints nothing of a file in which white space only differs, and names the others by their counts.
  const view = options.ignoreWhitespace === true ? ['-w', '--numstat'] : [];
  // Paths are bytes and arguments are text: xargs hands them over as they are.
  const git = startGit(
    [
      'diff-tree',
      ...DIFF_FLAGS,
      ...renames,
      ...view,
      '-z',
      '--raw',
      '-p',
      context,
      '--end-of-options',
      options.base,
      options.head,
      '--',
    ],
    { ...options, through: ['xargs', '-0', '-x'] },
  );
  git.stdin.end(nulJoin(paths));
  const names = paths.reduce((sum, path) => sum + 2 * path.length + 160, 0);
  const { output, whole } = await readCapped(git, names + options.maxBytes + options.maxBytesPerFile);
  const { files: records, end: counts } = rawFiles(output);
  const { printed, end } = countedNames(output, counts);
  const patches = splitSections(output.subarray(end));
  const sections = new Map<string, Section>();
  for (const { path, oldPath, status } of records) {
    const name = nameOf(path, oldPath);
    if (options.ignoreWhitespace === true && !printed.has(name)) {
      sections.set(name, { patch: Buffer.alloc(0), cut: false });
      continue;
    }
    // A change of type is printed as a removal and an addition.
    const own = patches.splice(0, status === 'TYPE_CHANGED' ? 2 : 1);
    if (own.length === 0) break;
    sections.set(name, { patch: Buffer.concat(own), cut: !whole && patches.length === 0 });
  }
  return sections;
}

/** The names that `--numstat` has, where it was asked for, from `start` on; `end` is where the patches begin. */
function countedNames(output: Buffer, start: number): { printed: ReadonlySet<string>; end: number } {
  const printed = new Set<string>();
  let at = start;
  const next = (): Buffer => {
    const end = output.indexOf(0, at);
    const field = output.subarray(at, end === -1 ? output.length : end);
    at += field.length + 1;
    return field;
  };
  while (at < output.length && output[at] !== 0) {
    const counted = next();
    const path = counted.subarray(counted.indexOf(TAB, counted.indexOf(TAB) + 1) + 1);
    if (path.length > 0) {
      printed.add(nameOf(path));
      continue;
    }
    const oldPath = next();
    printed.add(nameOf(next(), oldPath));
  }
  return { printed, end: at + 1 };
}

const TAB = 0x09;

export function nameOf(path: Buffer, oldPath?: Buffer): string {
  return `${oldPath?.toString('latin1') ?? ''}\0${path.toString('latin1')}`;
}

/**
 * The whole change as `git apply --binary` takes it. Without renames: git does not take a patch in which files are
 * renamed and a symlink takes the place of a directory.
 */
export function wholePatch(
  at: GitLocation,
  base: string,
  head: string,
  signal?: AbortSignal,
): { stream: Readable; done: Promise<void> } {
  const git = startGit(['diff-tree', ...DIFF_FLAGS, '--no-renames', '-p', '--binary', '--end-of-options', base, head], {
    ...at,
    signal,
    timeoutMs: 600_000,
  });
  git.stdin.end();
  return { stream: git.stdout, done: git.done.then(() => undefined) };
}

/**
 * The commits of `base..head`, a line without merges, as mails for `git am`: each with its author, its message and its
 * change in binary form.
 */
export function patchSeries(
  at: GitLocation,
  base: string,
  head: string,
  signal?: AbortSignal,
): { stream: Readable; done: Promise<void> } {
  const form = ['--stdout', '--binary', '--full-index', '--no-renames', '--no-signature', '--no-stat'];
  const git = startGit(['format-patch', ...form, '--end-of-options', `${base}..${head}`], {
    ...at,
    signal,
    timeoutMs: 600_000,
  });
  git.stdin.end();
  return { stream: git.stdout, done: git.done.then(() => undefined) };
}

export async function readCapped(git: GitProcess, maxBytes: number): Promise<{ output: Buffer; whole: boolean }> {
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
export function splitSections(output: Buffer): Buffer[] {
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
