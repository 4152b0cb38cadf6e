import { chown, copyFile, lchown, lstat, lutimes, mkdir, readlink, rename, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errnoOf, removeTree, type Layer } from '@heddle/sandbox';
import { ownedLayer } from './owned-layer.js';

/**
 * The given files of the lowers (topmost first) once more, as new as now: what a set-up made from other versions of them
 * must look old to `make` and its like. Made once, whole or not at all.
 */
export async function touchLayer(
  directory: string,
  paths: readonly string[],
  lowers: readonly Layer[],
  owner: number,
): Promise<Layer> {
  if (await exists(Buffer.from(directory))) return ownedLayer(directory, owner);
  const draft = `${directory}.new`;
  await removeTree(draft);
  await mkdir(draft, { recursive: true, mode: 0o755 });
  await own(Buffer.from(draft), owner);
  const made = new Set(['']);
  for (const path of paths) {
    await makeDirectories(draft, dirname(path), made, owner);
    const source = await topmost(lowers, path);
    if (source === undefined) continue;
    const target = at(draft, path);
    if ((await lstat(source)).isSymbolicLink()) await symlink(await readlink(source, { encoding: 'buffer' }), target);
    else await copyFile(source, target);
    await own(target, owner);
    const now = Date.now() / 1000;
    await lutimes(target, now, now);
  }
  await rename(draft, directory);
  return ownedLayer(directory, owner);
}

async function topmost(lowers: readonly Layer[], path: string): Promise<Buffer | undefined> {
  for (const layer of lowers) {
    const file = at(layer.path, path);
    if (await exists(file)) return file;
  }
  return undefined;
}

async function makeDirectories(top: string, path: string, made: Set<string>, owner: number): Promise<void> {
  if (path === '.' || made.has(path)) return;
  await makeDirectories(top, dirname(path), made, owner);
  await mkdir(at(top, path), { recursive: true, mode: 0o755 });
  await own(at(top, path), owner);
  made.add(path);
}

async function own(path: Buffer, owner: number): Promise<void> {
  if (process.getuid?.() === 0) await ((await lstat(path)).isSymbolicLink() ? lchown : chown)(path, owner, owner);
}

async function exists(path: Buffer): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return false;
    throw error;
  }
}

function at(directory: string, path: string): Buffer {
  return Buffer.concat([Buffer.from(`${join(directory)}/`), Buffer.from(path, 'latin1')]);
}
