import { lstatSync, readdirSync, type Stats } from 'node:fs';

/** One entry below a directory; the path is bytes in latin1, relative, without a leading slash. */
export interface TreeEntry {
  readonly path: string;
  readonly stats: Stats;
}

/** Everything below a directory but what is in a `.git`, parents first, in one order always. */
export function treeOf(top: string): TreeEntry[] {
  const entries: TreeEntry[] = [];
  const visit = (directory: string): void => {
    for (const name of namesIn(hostPath(top, directory))) {
      const path = directory === '' ? name : `${directory}/${name}`;
      const stats = lstatSync(hostPath(top, path));
      entries.push({ path, stats });
      if (stats.isDirectory() && name !== '.git') visit(path);
    }
  };
  visit('');
  return entries;
}

export function hostPath(top: string, path: string): Buffer {
  return Buffer.concat([Buffer.from(top), Buffer.from(path === '' ? '' : `/${path}`, 'latin1')]);
}

function namesIn(directory: Buffer): string[] {
  try {
    return readdirSync(directory, { encoding: 'buffer' })
      .map((name) => name.toString('latin1'))
      .sort();
  } catch {
    // A directory that its owner closed.
    return [];
  }
}
