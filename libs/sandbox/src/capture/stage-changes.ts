import { constants } from 'node:fs';
import { chmod, chown, copyFile, link, lstat, mkdir, realpath, symlink } from 'node:fs/promises';
import { errnoOf } from '../sandbox-error.js';
import { openUnmoved } from './open-unmoved.js';
import type { TreeChange } from './tree-change.js';

export interface StageOptions {
  /** An empty directory on the boxes' file system. */
  readonly directory: string;
  /** Whoever reads the stage (git runs as this user); undefined: the caller itself. */
  readonly owner: number | undefined;
  /**
   * `link` where nobody writes to the box any more, `copy` where it will go on. Files of the base are always copied: a
   * link would change their ctime, and every box's git would read them anew.
   */
  readonly upper: { readonly directory: string; readonly mode: 'link' | 'copy' };
  readonly signal?: AbortSignal | undefined;
}

/** Puts what a walk found into a private tree of its own, in which git can run: nothing in it is a surprise. */
export async function stageChanges(changes: readonly TreeChange[], options: StageOptions): Promise<void> {
  const made = new Set<string>(['']);
  const upper = Buffer.from(`${options.upper.directory}/`);
  const realUpper = Buffer.from(`${await realpath(options.upper.directory)}/`);
  for (const change of changes) {
    options.signal?.throwIfAborted();
    if (change.kind === 'remove') continue;
    const path = change.path.toString('latin1');
    await makeParents(options.directory, path, made);
    const target = at(options.directory, path);
    if (change.kind === 'symlink') {
      await symlink(change.target, target);
      continue;
    }
    const isOfBox = change.source.subarray(0, upper.length).equals(upper);
    if (isOfBox && options.upper.mode === 'link' && (await linked(change.source, target))) continue;
    if (isOfBox)
      await copiedOfBox(Buffer.concat([realUpper, change.source.subarray(upper.length)]), change.bytes, target);
    else await copyFile(change.source, target, constants.COPYFILE_FICLONE);
    await chmod(target, change.executable ? 0o700 : 0o600);
    if (options.owner !== undefined) await chown(target, options.owner, options.owner);
  }
}

async function makeParents(directory: string, path: string, made: Set<string>): Promise<void> {
  const parent = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
  if (made.has(parent)) return;
  await mkdir(at(directory, parent), { recursive: true, mode: 0o755 });
  made.add(parent);
}

/** Only what its owner may read: the stage's reader is that owner, and no right of it is changed. */
async function linked(source: Buffer, target: Buffer): Promise<boolean> {
  if (((await lstat(source)).mode & 0o400) === 0) return false;
  try {
    await link(source, target);
    return true;
  } catch (error) {
    if (['EXDEV', 'EMLINK', 'EPERM'].includes(errnoOf(error) ?? '')) return false;
    throw error;
  }
}

/** As root, and the box may have been thawed: nothing but the listed file itself is read. */
async function copiedOfBox(source: Buffer, bytes: number, target: Buffer): Promise<void> {
  const { through, handle } = await openUnmoved(source, bytes);
  try {
    await copyFile(through, target, constants.COPYFILE_FICLONE);
  } finally {
    await handle.close();
  }
}

function at(directory: string, path: string): Buffer {
  return Buffer.concat([Buffer.from(`${directory}/`), Buffer.from(path, 'latin1')]);
}
