import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { SandboxError } from '../sandbox-error.js';
import { createHomeDirectories, type BoxPaths } from './box-paths.js';
import type { FileSystemKind, Layer } from './workspace-file-system.js';

const run = promisify(execFile);

/** What a box has as its own writing before its first process. */
export interface BoxSeed {
  /** Over the box's layers, with whiteouts as an overlay has them. */
  readonly workTree?: Layer | undefined;
  /** A directory of the host, over the home's layers. */
  readonly home?: string | undefined;
}

interface Seeded {
  readonly paths: BoxPaths;
  readonly uid: number;
  readonly seed?: BoxSeed | undefined;
}

/** Layers of a full copy: it is made of them, and of the seed uppermost. */
export function layersWithSeed<
  T extends { readonly layers: readonly Layer[]; readonly homeLayers?: readonly Layer[] | undefined },
>(kind: FileSystemKind, layers: T, seed: BoxSeed | undefined): T {
  if (kind !== 'CLONE' || seed === undefined) return layers;
  const home = seed.home === undefined ? [] : [{ path: seed.home, removed: [] }];
  return {
    ...layers,
    layers: [...(seed.workTree === undefined ? [] : [seed.workTree]), ...layers.layers],
    homeLayers: [...home, ...(layers.homeLayers ?? [])],
  };
}

/**
 * Puts the seed where an overlay's box writes, before anything is mounted over it: once and whole, for by the next time
 * the box's own processes may have changed it.
 */
export async function seedUppers(kind: FileSystemKind, box: Seeded, hasHomeLayers: boolean): Promise<void> {
  const { paths, uid, seed } = box;
  if (kind === 'CLONE' || seed === undefined) return;
  const mark = join(paths.control, 'seeded');
  if (existsSync(mark)) return;
  if (seed.workTree !== undefined) await copy(seed.workTree.path, paths.upper, uid);
  if (seed.home !== undefined) {
    if (hasHomeLayers) await createHomeDirectories(paths, uid);
    await copy(seed.home, hasHomeLayers ? paths.homeUpper : paths.home, uid);
  }
  await writeFile(mark, '');
}

/** A copy that was cut off is written over by the next one. */
async function copy(from: string, to: string, uid: number): Promise<void> {
  try {
    await run('/bin/cp', ['-a', '--reflink=auto', '--remove-destination', `${from}/.`, to]);
    if (process.getuid?.() === 0) await run('/bin/chown', ['-hR', `${String(uid)}:${String(uid)}`, to]);
  } catch (error) {
    throw new SandboxError('SANDBOX_MOUNT_FAILED', `cannot put into ${to} what the box begins with`, { cause: error });
  }
}
