import { execFile } from 'node:child_process';
import { mkdir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { errnoOf, readXattr, removeTree, type BoxSpec } from '@heddle/sandbox';
import { stripLayer, type StripOptions } from './strip-layer.js';
import type { TrackedTree } from './tracked-tree.js';

const run = promisify(execFile);

export interface TakeLayerOptions extends Pick<StripOptions, 'owner' | 'attributePrefix' | 'keepsMarks'> {
  /** Mounted, and nothing lives in it. It is of no use afterwards. */
  readonly box: BoxSpec;
  /** What git tracks in the tree that the box shows. */
  readonly tracked: TrackedTree;
  /** An empty directory; gets `tree` and `home`. */
  readonly into: string;
}

export interface TakenLayer {
  /** Paths that were left out, bytes as latin1. */
  readonly left: readonly string[];
  readonly bytes: number;
}

/** Moves what a box wrote to its work tree and its home out of it, cleaned of what a layer must not hold. */
export async function takeLayer(options: TakeLayerOptions): Promise<TakenLayer> {
  const { box, attributePrefix, keepsMarks, into } = options;
  const isCopy = attributePrefix === undefined;
  const [tree, home] = [join(into, 'tree'), join(into, 'home')];
  const upper = isCopy ? box.paths.merged : box.paths.upper;
  // Without privilege there are no redirects; what looks like one was written by the set-up itself.
  const moved =
    keepsMarks || attributePrefix !== 'trusted.overlay.' ? [] : await movedDirectories(upper, attributePrefix);
  const aside = join(into, 'moved');
  await mkdir(aside, { recursive: true });
  // While the mount still shows what such a directory stands for.
  for (const [index, path] of moved.entries()) await copy(join(box.paths.merged, path), join(aside, String(index)));
  await move(upper, tree);
  await move(isCopy || (box.homeLayers ?? []).length === 0 ? box.paths.home : box.paths.homeUpper, home);
  for (const [index, path] of moved.entries()) {
    await removeTree(join(tree, path));
    await rename(join(aside, String(index)), join(tree, path));
  }
  await removeTree(aside);
  const work = await stripLayer({ ...options, directory: tree });
  const own = await stripLayer({ ...options, directory: home, tracked: undefined });
  return { left: [...work.paths, ...own.paths.map((path) => `~/${path}`)], bytes: work.bytes + own.bytes };
}

/** Topmost directories that stand for one of the lowers at another place. One whose name is no text is left out later. */
async function movedDirectories(upper: string, prefix: string): Promise<string[]> {
  const found: string[] = [];
  const look = async (path: string): Promise<void> => {
    for (const entry of await readdir(join(upper, path), { withFileTypes: true })) {
      const child = join(path, entry.name);
      if (!entry.isDirectory() || child.includes('\ufffd')) continue;
      if (readXattr(Buffer.from(join(upper, child)), `${prefix}redirect`) === undefined) await look(child);
      else found.push(child);
    }
  };
  await look('');
  return found;
}

/** By name where it is one file system; else as a copy. */
async function move(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (errnoOf(error) !== 'EXDEV') throw error;
    await copy(from, to);
  }
}

async function copy(from: string, to: string): Promise<void> {
  await run('/bin/cp', ['-a', '--reflink=auto', '--', from, to]);
}
