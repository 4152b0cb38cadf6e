import { constants, type Stats } from 'node:fs';
import { open, readlink } from 'node:fs/promises';
import { BaseTree, latin1, listDirectory, statOrNothing } from './base-tree.js';
import { ChangeCollector } from './change-collector.js';
import { IgnoreContext } from './ignore-context.js';
import { IgnoreRules } from './ignore-rules.js';
import { readSmallFile } from './safe-read.js';
import type { CapturedChanges } from './tree-change.js';

export interface WalkCloneOptions {
  /** The box's full copy. */
  readonly copy: string;
  readonly base: string;
  readonly submodules: readonly string[];
  readonly maxFileBytes?: number;
  readonly maxEntries?: number;
  readonly signal?: AbortSignal | undefined;
}

const CHUNK_BYTES = 1024 * 1024;

/** Lists what differs between a full copy and its base, by content: times and sizes of an agent prove nothing. */
export async function walkClone(options: WalkCloneOptions): Promise<CapturedChanges> {
  const base = new BaseTree(options.base, new Set(options.submodules));
  const found = new ChangeCollector(base, { ...options, roots: [options.copy, options.base] });
  const top = latin1(options.copy);
  const host = (path: string): Buffer => Buffer.from(path === '' ? top : `${top}/${path}`, 'latin1');

  const directory = async (path: string, outer: IgnoreContext): Promise<void> => {
    const prefix = path === '' ? '' : `${path}/`;
    const rules = await readSmallFile(host(`${prefix}.gitignore`));
    const ignore = rules instanceof Buffer ? outer.withRules(path, IgnoreRules.parse(rules)) : outer;
    const seen = new Set<string>();
    for (const entry of await listDirectory(host(path))) {
      const name = entry.name.toString('latin1');
      seen.add(name);
      if (name !== '.git') await item(`${prefix}${name}`, ignore);
      else if (path !== '')
        found.notice('NESTED_REPOSITORY', path, 'a repository of its own: its files are kept, its history is not');
    }
    if (!(await base.isDirectory(path))) return;
    for (const name of await base.entries(path)) if (!seen.has(name)) await found.remove(`${prefix}${name}`);
  };

  const item = async (path: string, ignore: IgnoreContext): Promise<void> => {
    if (!found.enter(path)) return;
    const stats = await statOrNothing(host(path));
    if (stats === undefined) return;
    if (base.isSubmodule(path)) return;
    if (!stats.isDirectory()) {
      if (!(await isSame(host(path), stats, base.host(path), await base.stat(path))))
        await found.add(path, host(path), stats, ignore);
      return;
    }
    const isBaseDirectory = await base.isDirectory(path);
    if (!isBaseDirectory) await found.remove(path);
    if (ignore.ignores(path, true) && !isBaseDirectory) return;
    await directory(path, ignore.enter(path));
  };

  await directory('', IgnoreContext.top());
  return found.result;
}

async function isSame(path: Buffer, stats: Stats, basePath: Buffer, baseStats: Stats | undefined): Promise<boolean> {
  if (baseStats === undefined) return false;
  if (stats.isSymbolicLink() && baseStats.isSymbolicLink()) {
    const [target, baseTarget] = await Promise.all([
      readlink(path, { encoding: 'buffer' }),
      readlink(basePath, { encoding: 'buffer' }),
    ]);
    return target.equals(baseTarget);
  }
  if (!stats.isFile() || !baseStats.isFile()) return false;
  if (stats.size !== baseStats.size || ((stats.mode ^ baseStats.mode) & 0o100) !== 0) return false;
  return haveSameBytes(path, basePath, stats.size);
}

async function haveSameBytes(left: Buffer, right: Buffer, size: number): Promise<boolean> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const [a, b] = [await open(left, flags), await open(right, flags)];
  try {
    const [bufferA, bufferB] = [Buffer.alloc(Math.min(size, CHUNK_BYTES)), Buffer.alloc(Math.min(size, CHUNK_BYTES))];
    for (let position = 0; position < size;) {
      const [readA, readB] = await Promise.all([
        a.read(bufferA, 0, bufferA.length, position),
        b.read(bufferB, 0, bufferB.length, position),
      ]);
      if (readA.bytesRead !== readB.bytesRead || readA.bytesRead === 0) return false;
      if (!bufferA.subarray(0, readA.bytesRead).equals(bufferB.subarray(0, readB.bytesRead))) return false;
      position += readA.bytesRead;
    }
    return true;
  } finally {
    await a.close();
    await b.close();
  }
}
