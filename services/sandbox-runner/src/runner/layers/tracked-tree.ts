import { listTree, type GitLocation } from '@heddle/git';
import { pathGlob } from '@heddle/sandbox';
import { digest } from './layer-key.js';

const SUBMODULE = '160000';

/** What git tracks in one tree. Paths are bytes in latin1, relative to the work tree. */
export class TrackedTree {
  private readonly directories = new Set<string>();

  /** `files`: path → mode and id. */
  constructor(
    readonly tree: string,
    private readonly files: ReadonlyMap<string, string>,
  ) {
    for (const path of files.keys()) {
      for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
        const parent = path.slice(0, slash);
        if (this.directories.has(parent)) break;
        this.directories.add(parent);
      }
    }
  }

  static async read(at: GitLocation, tree: string): Promise<TrackedTree> {
    const files = await listTree(at, tree);
    return new TrackedTree(
      tree,
      new Map(files.map(({ path, mode, id }) => [path.toString('latin1'), `${mode} ${id}`])),
    );
  }

  /** A submodule is a directory of which git tracks the commit alone. */
  kindOf(path: string): 'file' | 'directory' | 'submodule' | undefined {
    const file = this.files.get(path);
    if (file !== undefined) return file.startsWith(SUBMODULE) ? 'submodule' : 'file';
    return this.directories.has(path) ? 'directory' : undefined;
  }

  /** SHA-256 over the files that one of the globs names. */
  inputsDigest(globs: readonly string[]): string {
    const matches = globs.map(pathGlob);
    const found = [...this.files].filter(([path]) => matches.some((match) => match(path)));
    return digest(found.sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** Files that are not in `before` as they are here. */
  changedSince(before: TrackedTree): string[] {
    return [...this.files]
      .filter(([path, entry]) => !entry.startsWith(SUBMODULE) && before.files.get(path) !== entry)
      .map(([path]) => path);
  }
}
