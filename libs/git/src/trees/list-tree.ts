import type { GitLocation } from '../process/environment.js';
import { nulFields } from '../process/nul-fields.js';
import { runGit } from '../process/run-git.js';

/** A file, symlink (120000) or submodule (160000) of a tree. */
export interface TreeFile {
  readonly mode: string;
  readonly id: string;
  readonly path: Buffer;
}

/** All files of a tree. O(files): never on the way of a landing. */
export async function listTree(at: GitLocation, tree: string): Promise<TreeFile[]> {
  const { stdout } = await runGit(['ls-tree', '-r', '-z', '--full-tree', '--end-of-options', tree], {
    ...at,
    maxOutputBytes: 512 * 1024 * 1024,
  });
  return nulFields(stdout).map((field) => {
    const tab = field.indexOf(9);
    const [mode = '', , id = ''] = field.subarray(0, tab).toString('latin1').split(' ');
    return { mode, id, path: field.subarray(tab + 1) };
  });
}
