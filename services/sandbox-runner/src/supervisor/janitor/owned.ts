import { basename, dirname } from 'node:path';
import type { BoxSpec } from '@heddle/sandbox';

/** What the journals of this host say is somebody's. */
export interface Owned {
  /** Directory names of all sandboxes that are there, also those that wait for their removal. */
  readonly sandboxes: ReadonlySet<string>;
  /** Boxes that are on record and that nobody has destroyed, by name. */
  readonly boxes: ReadonlyMap<string, BoxSpec>;
  /** False where a journal could not be read: it may name anything. */
  readonly isComplete: boolean;
}

/**
 * True if the path is that of a box that lives, or below it. By the names of its directories: the kernel has a path
 * without the symlinks that may lead to it.
 * @param sandboxes the directory of all sandboxes, as `path` has it
 */
export function isOfLiveBox(owned: Owned, sandboxes: string, path: string): boolean {
  const [sandbox, label] = path.slice(sandboxes.length + 1).split('/');
  for (const { paths } of owned.boxes.values())
    if (basename(paths.root) === label && basename(dirname(paths.root)) === sandbox) return true;
  return false;
}

/** Name of the sandbox's directory that a path below `sandboxes` is in. */
export function sandboxOf(sandboxes: string, path: string): string {
  return path.slice(sandboxes.length + 1).split('/')[0] ?? '';
}
