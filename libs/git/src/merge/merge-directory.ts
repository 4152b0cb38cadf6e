import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { formatOf } from '../names/object-id.js';
import { scratchParent } from './scratch-directory.js';
import { layOut } from '../store/git-directory.js';
import type { GitLocation } from '../process/environment.js';

export interface MergeDirectoryOptions {
  readonly store: string;
  /** Any commit of the store, for its object format. */
  readonly commit: string;
  /** From `treeAttributes` of the target's tip. */
  readonly attributes: Uint8Array;
  /** True: new objects stay in the store; false: they go with the directory. */
  readonly keepObjects: boolean;
}

/** Where merges are made; new objects go to `objectDirectory`, or to the directory itself. */
export type MergeDirectory = GitLocation & { readonly gitDir: string };

/** Objects that live for a second are not worth packing small: thousands of trees are written in a sweep. */
const UNCOMPRESSED = '[core]\n\tlooseCompression = 0\n';
/** A row names the merge as soon as it is made; by default git leaves loose objects to the kernel. */
const ON_DISK = '[core]\n\tfsync = committed\n';

/**
 * Lends a throw-away git directory to merges: the store's objects, none of its configuration, and the target's attributes
 * (a bare repository ignores those of the tree and would report conflicts that a check-out does not have).
 */
export async function withMergeDirectory<T>(
  options: MergeDirectoryOptions,
  work: (at: MergeDirectory) => Promise<T>,
): Promise<T> {
  const objects = join(options.store, 'objects');
  const gitDir = await mkdtemp(join(await scratchParent(), 'heddle-merge-'));
  try {
    await layOut(gitDir, {
      format: formatOf(options.commit),
      attributes: options.attributes,
      config: options.keepObjects ? ON_DISK : UNCOMPRESSED,
      alternates: options.keepObjects ? undefined : [objects],
    });
    return await work(options.keepObjects ? { gitDir, objectDirectory: objects } : { gitDir });
  } finally {
    await rm(gitDir, { recursive: true, force: true });
  }
}
