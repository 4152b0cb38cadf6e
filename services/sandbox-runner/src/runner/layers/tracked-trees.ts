import { TrackedTree } from './tracked-tree.js';

const KEPT = 8;

/** The listings that were asked for last: sandboxes start by the dozen on one tree, and a large one takes a while to list. */
export class TrackedTrees {
  private readonly trees = new Map<string, Promise<TrackedTree>>();

  of(gitDir: string, tree: string): Promise<TrackedTree> {
    const listing = this.trees.get(tree) ?? TrackedTree.read({ gitDir }, tree);
    this.trees.delete(tree);
    this.trees.set(tree, listing);
    listing.catch(() => this.trees.delete(tree));
    for (const oldest of this.trees.keys()) {
      if (this.trees.size <= KEPT) break;
      this.trees.delete(oldest);
    }
    return listing;
  }
}
