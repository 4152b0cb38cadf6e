import type { LowerEntry, LowerStack, LowerView } from './lower-view.js';

/** A merged view by whole paths (bytes in latin1). */
export class LowerTree {
  private readonly directories = new Map<string, LowerStack | undefined>();

  constructor(readonly view: LowerView) {
    this.directories.set('', view.root);
  }

  /** Of the tree itself: what lies behind a symlink of it is no part of it. */
  async at(path: string): Promise<LowerEntry | undefined> {
    const slash = path.lastIndexOf('/');
    const parent = await this.directory(path.slice(0, Math.max(0, slash)));
    return parent === undefined ? undefined : this.view.find(parent, path.slice(slash + 1));
  }

  async directory(path: string): Promise<LowerStack | undefined> {
    if (this.directories.has(path)) return this.directories.get(path);
    const entry = await this.at(path);
    const stack = entry?.kind === 'directory' ? entry.stack : undefined;
    this.directories.set(path, stack);
    return stack;
  }
}

/**
 * What git tracks below a box: the base's check-out, and delta layers over it. Everything in it is tracked, but the top
 * `.git`.
 */
export class BaseTree extends LowerTree {
  constructor(
    view: LowerView,
    /** Paths of submodules: empty directories here, commits in the tree. */
    private readonly submodules: ReadonlySet<string>,
  ) {
    super(view);
  }

  async isDirectory(path: string): Promise<boolean> {
    return (await this.directory(path)) !== undefined;
  }

  isSubmodule(path: string): boolean {
    return this.submodules.has(path);
  }

  /** Of a directory. */
  async names(path: string): Promise<string[]> {
    const names = await this.view.entries((await this.directory(path)) ?? []);
    return path === '' ? names.filter((name) => name !== '.git') : names;
  }

  /** Everything that an index has at the path or below it: files, symlinks, submodules. */
  async leavesAt(path: string): Promise<string[]> {
    if (this.submodules.has(path)) return [path];
    if (!(await this.isDirectory(path))) return (await this.at(path)) === undefined ? [] : [path];
    const leaves: string[] = [];
    for (const name of await this.names(path)) {
      for (const leaf of await this.leavesAt(path === '' ? name : `${path}/${name}`)) leaves.push(leaf);
    }
    return leaves;
  }
}
