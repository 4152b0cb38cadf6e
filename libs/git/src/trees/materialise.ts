import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GitLocation } from '../process/environment.js';
import { nulFields, nulJoin } from '../process/nul-fields.js';
import { runGit } from '../process/run-git.js';
import { prepareIndex } from './write-tree.js';

export interface MaterialiseOptions extends Omit<GitLocation, 'indexFile' | 'workTree'> {
  readonly gitDir: string;
  /** What the lower layer has. */
  readonly base: string;
  /** What the tree shall be. */
  readonly target: string;
  /** An existing, empty directory that nobody else writes. */
  readonly into: string;
  /** Keeps the index of `target` (without stat data) at this path. */
  readonly keepIndex?: string;
  readonly signal?: AbortSignal;
}

export interface Materialised {
  /** Files and symlinks written below `into`, as a check-out would write them (modes, end-of-line attributes; no filters). */
  readonly written: readonly Buffer[];
  /** Paths of the base that the target does not have; a directory is gone when all of its files are. */
  readonly deleted: readonly Buffer[];
  /** Submodule paths that differ; nothing is written for them. */
  readonly submodules: readonly Buffer[];
}

/** Writes only the files in which `target` differs from `base`: the delta layer over a check-out of the base. */
export async function materialise(options: MaterialiseOptions): Promise<Materialised> {
  const changes = await rawChanges(options);
  const written = changes
    .filter((change) => change.mode !== '000000' && change.mode !== '160000')
    .map((change) => change.path);
  const deleted = changes
    .filter((change) => change.mode === '000000' && change.oldMode !== '160000')
    .map((change) => change.path);
  const submodules = changes
    .filter((change) => change.mode === '160000' || change.oldMode === '160000')
    .map((change) => change.path);
  const scratch = await mkdtemp(join(tmpdir(), 'heddle-index-'));
  try {
    const indexFile = options.keepIndex ?? join(scratch, 'index');
    if (written.length > 0 || options.keepIndex !== undefined) await prepareIndex(options, options.target, indexFile);
    if (written.length > 0) {
      await mkdir(options.into, { recursive: true });
      await runGit(['checkout-index', '--force', '--quiet', '-z', '--stdin', `--prefix=${options.into}/`], {
        ...options,
        indexFile,
        workTree: scratch,
        cwd: scratch,
        input: nulJoin(written),
        timeoutMs: 600_000,
      });
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  return { written, deleted, submodules };
}

async function rawChanges(options: MaterialiseOptions): Promise<{ oldMode: string; mode: string; path: Buffer }[]> {
  const { stdout } = await runGit(
    [
      'diff-tree',
      '-r',
      '-z',
      '--raw',
      '--no-renames',
      '--no-commit-id',
      '--end-of-options',
      options.base,
      options.target,
    ],
    { ...options, maxOutputBytes: 256 * 1024 * 1024 },
  );
  const fields = nulFields(stdout);
  return Array.from({ length: Math.floor(fields.length / 2) }, (_, index) => {
    const [oldMode = '', mode = ''] = (fields[2 * index] ?? Buffer.alloc(0)).toString('latin1').slice(1).split(' ');
    return { oldMode, mode, path: fields[2 * index + 1] ?? Buffer.alloc(0) };
  });
}
