import { constants } from 'node:fs';
import { chmod, chown, copyFile, link, lstat, mkdir, symlink } from 'node:fs/promises';
import { errnoOf } from '../sandbox-error.js';
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
}

/** Puts what a walk found into a private tree of its own, in which git can run: nothing in it is a surprise. */
export async function stageChanges(changes: readonly TreeChange[], options: StageOptions): Promise<void> {
  const made = new Set<string>(['']);
  const upper = Buffer.from(`${options.upper.directory}/`);
  for (const change of changes) {
    if (change.kind === 'remove') continue;
    const path = change.path.toString('latin1');
    await makeParents(options.directory, path, made);
    const target = at(options.directory, path);
    if (change.kind === 'symlink') {
      await symlink(change.target, target);
      continue;
    }
    const mayLink = options.upper.mode === 'link' && change.source.subarray(0, upper.length).equals(upper);
    if (!(mayLink && (await linked(change.source, target))))
      await copied(change.source, target, change.executable, options.owner);
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

async function copied(source: Buffer, target: Buffer, executable: boolean, owner: number | undefined): Promise<void> {
  await copyFile(source, target, constants.COPYFILE_FICLONE);
  await chmod(target, executable ? 0o700 : 0o600);
  if (owner !== undefined) await chown(target, owner, owner);
}

function at(directory: string, path: string): Buffer {
  return Buffer.concat([Buffer.from(`${directory}/`), Buffer.from(path, 'latin1')]);
}
