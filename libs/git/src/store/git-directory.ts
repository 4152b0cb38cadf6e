import { mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { ObjectFormat } from '../names/object-id.js';

export interface GitDirectoryOptions {
  readonly format: ObjectFormat;
  /** Object directories that are read besides its own (absolute). */
  readonly alternates?: readonly string[];
  /** Content of `info/attributes`: the only attributes that git sees in a bare repository. */
  readonly attributes?: Uint8Array;
  /** Lines of configuration beyond the plain bare repository. */
  readonly config?: string;
}

const STORE_CONFIG = [
  '[core]',
  '\tlogAllRefUpdates = false',
  // Refs are facts: on disk before anyone is told of them.
  '\tfsync = committed,reference',
  '[gc]',
  '\tauto = 0',
  '[repack]',
  '\twriteBitmaps = false',
  '',
].join('\n');

/** Makes the bare store at `dir` unless it is there; whole or not at all, also when two make it at once. */
export async function ensureBareStore(dir: string, format: ObjectFormat): Promise<void> {
  if (await exists(join(dir, 'HEAD'))) return;
  await mkdir(dirname(dir), { recursive: true });
  const draft = await mkdtemp(join(dirname(dir), `.${basename(dir)}-`));
  try {
    await layOut(draft, { format, config: STORE_CONFIG });
    await rename(draft, dir);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    if (!(await exists(join(dir, 'HEAD')))) throw error;
  }
}

/**
 * Writes a bare git directory without starting git: a store, or the throw-away directory in which one merge runs.
 * `dir` exists and is empty.
 */
export async function layOut(dir: string, options: GitDirectoryOptions): Promise<void> {
  const sha256 = options.format === 'sha256';
  const config = [
    '[core]',
    `\trepositoryformatversion = ${sha256 ? '1' : '0'}`,
    '\tbare = true',
    '\tfilemode = true',
    ...(sha256 ? ['[extensions]', '\tobjectFormat = sha256'] : []),
    options.config ?? '',
  ].join('\n');
  await Promise.all([
    mkdir(join(dir, 'objects', 'info'), { recursive: true }),
    mkdir(join(dir, 'objects', 'pack'), { recursive: true }),
    mkdir(join(dir, 'refs', 'heads'), { recursive: true }),
    mkdir(join(dir, 'info'), { recursive: true }),
  ]);
  await Promise.all([
    writeFile(join(dir, 'config'), `${config}\n`),
    options.alternates === undefined
      ? undefined
      : writeFile(join(dir, 'objects', 'info', 'alternates'), options.alternates.map((path) => `${path}\n`).join('')),
    options.attributes === undefined ? undefined : writeFile(join(dir, 'info', 'attributes'), options.attributes),
  ]);
  // Last: git takes a directory for a repository as soon as it has a HEAD.
  await writeFile(join(dir, 'HEAD'), 'ref: refs/heads/heddle\n');
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
