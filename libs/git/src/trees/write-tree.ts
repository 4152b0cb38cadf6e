import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GitLocation } from '../process/environment.js';
import { nulJoin } from '../process/nul-fields.js';
import { gitLine, runGit } from '../process/run-git.js';
import type { ProcessLimits } from '../process/start-git.js';
import { zeroId, formatOf } from '../names/object-id.js';
import { listTree } from './list-tree.js';

/** What happens to one path. A file where the base has a directory replaces it, and the other way round. */
export type TreeEdit =
  | {
      readonly kind: 'put';
      readonly path: Buffer;
      readonly mode: '100644' | '100755' | '120000' | '160000';
      readonly id: string;
    }
  /** Stages a file of `workTree` as `git add` would: mode, symlink, end-of-line attributes of the work tree. */
  | { readonly kind: 'add'; readonly path: Buffer }
  | { readonly kind: 'remove'; readonly path: Buffer }
  /** Removes the path and everything tracked below it. */
  | { readonly kind: 'removeAll'; readonly path: Buffer };

export interface WriteTreeOptions extends Omit<GitLocation, 'indexFile'> {
  readonly gitDir: string;
  /** Commit or tree that the edits apply to. */
  readonly base: string;
  /** An index made by `prepareIndex(base)`; saves reading the base again. It is copied, never written. */
  readonly preparedIndex?: string;
  readonly edits: readonly TreeEdit[];
  readonly limits?: ProcessLimits;
  readonly signal?: AbortSignal;
  /** Where the private index lives while this runs; default the system's temporary directory. */
  readonly scratch?: string;
}

/**
 * Writes the tree that `base` becomes by the edits, through a private index without stat data, and returns its id.
 * Removals are applied before additions. Needs no check-out of the base.
 */
export async function writeTree(options: WriteTreeOptions): Promise<string> {
  const scratch = await mkdtemp(join(options.scratch ?? tmpdir(), 'heddle-index-'));
  try {
    const indexFile = join(scratch, 'index');
    const at = { ...options, indexFile, timeoutMs: 600_000 };
    if (options.preparedIndex === undefined) await prepareIndex(at, options.base, indexFile);
    else await copyFile(options.preparedIndex, indexFile);
    const lines = await indexLines(options);
    if (lines.length > 0) await runGit(['update-index', '-z', '--index-info'], { ...at, input: Buffer.concat(lines) });
    const added = options.edits.flatMap((edit) => (edit.kind === 'add' ? [edit.path] : []));
    if (added.length > 0) {
      await runGit(['update-index', '--add', '--replace', '-z', '--stdin'], {
        ...at,
        cwd: options.workTree,
        input: nulJoin(added),
      });
    }
    return await gitLine(['write-tree'], at);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Writes an index of a commit or tree without stat data, so that every later comparison looks at content. */
export async function prepareIndex(at: GitLocation, base: string, indexFile: string): Promise<void> {
  await runGit(['read-tree', '--end-of-options', base], { ...at, workTree: undefined, indexFile });
}

async function indexLines(options: WriteTreeOptions): Promise<Buffer[]> {
  const zero = zeroId(formatOf(options.base));
  const removed = options.edits.flatMap((edit) => (edit.kind === 'remove' ? [edit.path] : []));
  const wholes = options.edits.flatMap((edit) => (edit.kind === 'removeAll' ? [edit.path] : []));
  if (wholes.length > 0) {
    const below = new Set(wholes.map((path) => path.toString('latin1')));
    for (const file of await listTree(options, options.base)) {
      if (isBelow(file.path.toString('latin1'), below)) removed.push(file.path);
    }
  }
  const gone = removed.map((path) => Buffer.concat([Buffer.from(`0 ${zero}\t`), path, NUL]));
  const put = options.edits.flatMap((edit) =>
    edit.kind === 'put' ? [Buffer.concat([Buffer.from(`${edit.mode} ${edit.id}\t`), edit.path, NUL])] : [],
  );
  return [...gone, ...put];
}

const NUL = Buffer.of(0);

/** `path` is one of `tops` or inside one. */
function isBelow(path: string, tops: ReadonlySet<string>): boolean {
  if (tops.has(path)) return true;
  for (let slash = path.indexOf('/'); slash !== -1; slash = path.indexOf('/', slash + 1)) {
    if (tops.has(path.slice(0, slash))) return true;
  }
  return false;
}
