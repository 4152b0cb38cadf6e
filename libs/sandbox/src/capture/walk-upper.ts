import { BaseTree, LowerTree } from './base-tree.js';
import { ChangeCollector } from './change-collector.js';
import { latin1, listDirectory, statOrNothing } from './host-files.js';
import { IgnoreContext } from './ignore-context.js';
import { IgnoreRules } from './ignore-rules.js';
import {
  isWhiteout,
  LowerView,
  readMarks,
  sameStack,
  type LowerEntry,
  type LowerStack,
  type OverlayPrefix,
} from './lower-view.js';
import { readSmallFile } from './safe-read.js';
import type { CapturedChanges } from './tree-change.js';

/** A read-only layer between the base and the upper. */
export interface WalkLayer {
  readonly path: string;
  /** True for a delta layer, whose files the commit has; false for what a set-up left, which is no part of any commit. */
  readonly tracked: boolean;
}

export interface WalkUpperOptions {
  readonly upper: string;
  /** The base checkout: the lowest layer, which git tracks. */
  readonly base: string;
  /** Topmost first; none by default. */
  readonly layers?: readonly WalkLayer[];
  /** Of the commit that base and delta layers make up. */
  readonly submodules: readonly string[];
  readonly attributePrefix: OverlayPrefix;
  readonly maxFileBytes?: number;
  readonly maxEntries?: number;
  /** Also look into ignored directories, to count their files: only where nothing runs any more. */
  readonly countIgnored?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Lists what an overlay's upper layer changes in its base, reading the upper and its lowers only (no mount, no git).
 * Nothing may write to the upper meanwhile: the box is dead or frozen. CAPTURE_FAILED if the upper is not what such a
 * mount leaves behind.
 */
export async function walkUpper(options: WalkUpperOptions): Promise<CapturedChanges> {
  const layers: readonly WalkLayer[] = [...(options.layers ?? []), { path: options.base, tracked: true }];
  const view = (of: readonly WalkLayer[]): LowerView =>
    new LowerView(
      of.map((layer) => layer.path),
      options.attributePrefix,
    );
  const base = new BaseTree(view(layers.filter((layer) => layer.tracked)), new Set(options.submodules));
  const below = layers.every((layer) => layer.tracked) ? base : new LowerTree(view(layers));
  const roots = [options.upper, ...layers.map((layer) => layer.path)];
  const found = new ChangeCollector(base, below, { ...options, roots });
  await new UpperWalk(options, base, below, found).directory('', below.view.root, IgnoreContext.top());
  return found.result;
}

/** Paths are bytes in latin1. `lower`: the directories of the lowers that shine through the upper's one; may be none. */
class UpperWalk {
  constructor(
    private readonly options: WalkUpperOptions,
    private readonly base: BaseTree,
    private readonly below: LowerTree,
    private readonly found: ChangeCollector,
  ) {}

  async directory(path: string, lower: LowerStack, outer: IgnoreContext): Promise<void> {
    const ignore = await this.rulesIn(path, lower, outer);
    const seen = new Set<string>();
    for (const entry of await listDirectory(this.host(path))) {
      const name = entry.name.toString('latin1');
      seen.add(name);
      if (name === '.git') this.nested(path);
      else await this.entry(join(path, name), name, lower, ignore);
    }
    if (!sameStack(lower, (await this.below.directory(path)) ?? [])) await this.rest(path, lower, seen, ignore);
  }

  private host(path: string): Buffer {
    const top = latin1(this.options.upper);
    return Buffer.from(path === '' ? top : `${top}/${path}`, 'latin1');
  }

  private nested(path: string): void {
    if (path === '') return;
    this.found.notice('NESTED_REPOSITORY', path, 'a repository of its own: its files are kept, its history is not');
  }

  private async entry(path: string, name: string, parent: LowerStack, ignore: IgnoreContext): Promise<void> {
    if (!this.found.enter(path)) return;
    const source = this.host(path);
    const stats = await statOrNothing(source);
    if (stats === undefined) return;
    if (isWhiteout(stats)) {
      await this.found.remove(path);
      return;
    }
    if (!stats.isDirectory()) {
      await this.found.add(path, source, stats, ignore);
      return;
    }
    if (this.isSubmodule(path)) return;
    const { opaque, redirect } = readMarks(source, this.options.attributePrefix);
    const from = opaque ? undefined : await this.below.view.find(parent, redirect ?? name);
    const lower = from?.kind === 'directory' ? from.stack : [];
    // What was below it before is not any more: what stays of it comes again as additions.
    if (!sameStack(lower, (await this.below.directory(path)) ?? [NOWHERE])) await this.found.remove(path);
    if (ignore.ignores(path, true) && !(await this.base.isDirectory(path))) await this.found.leaveOut(source);
    else await this.directory(path, lower, ignore.enter(path));
  }

  /** Git keeps a submodule's commit as long as there is a directory, whatever is in it. */
  private isSubmodule(path: string): boolean {
    if (!this.base.isSubmodule(path)) return false;
    this.found.keep(path);
    this.found.notice('SUBMODULE_CHANGED', path, 'what changed inside of a submodule is not kept');
    return true;
  }

  /** A renamed directory: what the upper does not name still is what the lowers have at the old place. */
  private async rest(path: string, lower: LowerStack, seen: ReadonlySet<string>, ignore: IgnoreContext): Promise<void> {
    for (const name of await this.below.view.entries(lower)) {
      if (seen.has(name)) continue;
      const entry = await this.below.view.find(lower, name);
      if (name === '.git') this.nested(path);
      else if (entry !== undefined) await this.fromLower(join(path, name), entry, ignore);
    }
  }

  private async fromLower(path: string, entry: LowerEntry, ignore: IgnoreContext): Promise<void> {
    if (!this.found.enter(path)) return;
    if (entry.kind === 'leaf') {
      await this.found.add(path, entry.host, entry.stats, ignore);
      return;
    }
    if (this.isSubmodule(path)) return;
    if (entry.stack.some((from) => this.base.isSubmodule(from.path)))
      this.found.notice('SUBMODULE_CHANGED', path, 'a submodule that moved with its directory is not kept');
    if (ignore.ignores(path, true) && !(await this.base.isDirectory(path))) {
      for (const { layer, path: from } of entry.stack) await this.found.leaveOut(this.below.view.host(layer, from));
      return;
    }
    const inner = await this.rulesBelow(path, entry.stack, ignore.enter(path));
    await this.rest(path, entry.stack, NONE, inner);
  }

  /** The ignore file that the directory has now: the upper's, or the lowers' where the upper says nothing. */
  private async rulesIn(path: string, lower: LowerStack, outer: IgnoreContext): Promise<IgnoreContext> {
    const own = this.host(join(path, '.gitignore'));
    const stats = await statOrNothing(own);
    if (stats === undefined) return this.rulesBelow(path, lower, outer);
    return isWhiteout(stats) ? outer : this.rulesOf(path, own, outer);
  }

  private async rulesBelow(path: string, lower: LowerStack, outer: IgnoreContext): Promise<IgnoreContext> {
    const file = await this.below.view.find(lower, '.gitignore');
    return file?.kind === 'leaf' ? this.rulesOf(path, file.host, outer) : outer;
  }

  private async rulesOf(directory: string, file: Buffer, outer: IgnoreContext): Promise<IgnoreContext> {
    const content = await readSmallFile(file);
    if (content === 'refused') {
      this.found.notice(
        'IGNORE_FILE_UNREADABLE',
        join(directory, '.gitignore'),
        'not a small regular file: taken as absent',
      );
      return outer;
    }
    return content === undefined ? outer : outer.withRules(directory, IgnoreRules.parse(content));
  }
}

const NONE: ReadonlySet<string> = new Set();
/** No directory of any layer. */
const NOWHERE = { layer: -1, path: '' };

function join(directory: string, name: string): string {
  return directory === '' ? name : `${directory}/${name}`;
}
