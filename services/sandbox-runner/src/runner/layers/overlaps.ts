import { opendir } from 'node:fs/promises';
import type { StoredLayer } from './layer-store.js';
import type { SetupTarget } from './setup-target.js';
import type { TrackedTree } from './tracked-tree.js';
import type { TrackedTrees } from './tracked-trees.js';

const BUFFER = 'buffer' as BufferEncoding;

/**
 * True where the layer holds a path that the tree tracks, or one above or below such a path. Looks at the layer itself,
 * and only into the directories that the tree has too: what is below the others can't be in the way.
 */
export async function overlaps(trees: TrackedTrees, layer: StoredLayer, target: SetupTarget): Promise<boolean> {
  return holdsTracked(layer.workTree, '', await trees.of(target.gitDir, target.tree));
}

async function holdsTracked(top: string, path: string, tracked: TrackedTree): Promise<boolean> {
  const host = path === '' ? Buffer.from(top) : Buffer.concat([Buffer.from(`${top}/`), Buffer.from(path, 'latin1')]);
  for await (const entry of await opendir(host, { encoding: BUFFER })) {
    const name = (entry.name as unknown as Buffer).toString('latin1');
    const child = path === '' ? name : `${path}/${name}`;
    const kind = tracked.kindOf(child);
    // What a set-up puts into a submodule's directory is its own.
    if (kind === undefined || (kind === 'submodule' && entry.isDirectory())) continue;
    if (kind !== 'directory' || !entry.isDirectory()) return true;
    if (await holdsTracked(top, child, tracked)) return true;
  }
  return false;
}
