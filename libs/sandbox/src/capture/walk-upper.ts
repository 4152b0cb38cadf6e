import { posix } from 'node:path';
import { readXattr } from '../native/libc.js';
import { SandboxError } from '../sandbox-error.js';
import { BaseTree, latin1, listDirectory, statOrNothing } from './base-tree.js';
import { ChangeCollector } from './change-collector.js';
import { IgnoreContext } from './ignore-context.js';
import { IgnoreRules } from './ignore-rules.js';
import { readSmallFile } from './safe-read.js';
import type { CapturedChanges } from './tree-change.js';

export interface WalkUpperOptions {
  readonly upper: string;
  /** The base checkout: the lower that git tracks. */
  readonly base: string;
  readonly submodules: readonly string[];
  readonly attributePrefix: 'trusted.overlay.' | 'user.overlay.';
  readonly maxFileBytes?: number;
  readonly maxEntries?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Lists what an overlay's upper layer changes in its base, reading the upper and the base only (no mount, no git).
 * Nothing may write to the upper meanwhile: the box is dead or frozen. CAPTURE_FAILED if the upper is not what such a
 * mount leaves behind.
 */
export async function walkUpper(options: WalkUpperOptions): Promise<CapturedChanges> {
  const base = new BaseTree(options.base, new Set(options.submodules));
  const found = new ChangeCollector(base, { ...options, roots: [options.upper, options.base] });
  return new UpperWalk(options, base, found).run();
}

/** Paths are bytes in latin1. `origin`: where in the base a directory's lower part comes from; undefined if it has none. */
class UpperWalk {
  constructor(
    private readonly options: WalkUpperOptions,
    private readonly base: BaseTree,
    private readonly found: ChangeCollector,
  ) {}

  async run(): Promise<CapturedChanges> {
    await this.directory('', '', IgnoreContext.top());
    return this.found.result;
  }

  private host(path: string): Buffer {
    const top = latin1(this.options.upper);
    return Buffer.from(path === '' ? top : `${top}/${path}`, 'latin1');
  }

  /** A directory that the upper has; its lower part (if any) shines through. */
  private async directory(path: string, origin: string | undefined, outer: IgnoreContext): Promise<void> {
    const ignore = await this.rulesIn(path, origin, outer);
    const seen = new Set<string>();
    for (const entry of await listDirectory(this.host(path))) {
      const name = entry.name.toString('latin1');
      seen.add(name);
      const child = join(path, name);
      if (name === '.git') {
        if (path !== '')
          this.found.notice(
            'NESTED_REPOSITORY',
            path,
            'a repository of its own: its files are kept, its history is not',
          );
        continue;
      }
      await this.entry(child, name, origin, ignore);
    }
    if (origin !== undefined && origin !== path) await this.restOfOrigin(path, origin, seen, ignore);
  }

  private async entry(
    path: string,
    name: string,
    parentOrigin: string | undefined,
    ignore: IgnoreContext,
  ): Promise<void> {
    if (!this.found.enter(path)) return;
    const source = this.host(path);
    const stats = await statOrNothing(source);
    if (stats === undefined) return;
    if (stats.isCharacterDevice() && stats.rdev === 0) {
      await this.found.remove(path);
      return;
    }
    if (this.base.isSubmodule(path)) {
      this.found.notice('SUBMODULE_CHANGED', path, 'what changed inside of a submodule is not kept');
      return;
    }
    if (!stats.isDirectory()) {
      await this.found.add(path, source, stats, ignore);
      return;
    }
    const origin = await this.originOf(source, name, parentOrigin);
    // Its own base content is not below it any more: what stays of it comes again as additions.
    if (origin !== path) await this.found.remove(path);
    if (ignore.ignores(path, true) && !(await this.base.isDirectory(path))) return;
    await this.directory(path, origin, ignore.enter(path));
  }

  private async originOf(source: Buffer, name: string, parentOrigin: string | undefined): Promise<string | undefined> {
    const attribute = (word: string): string | undefined =>
      readXattr(source, `${this.options.attributePrefix}${word}`)?.toString('latin1');
    if (attribute('metacopy') !== undefined)
      throw new SandboxError('CAPTURE_FAILED', 'the upper layer holds a file without its data');
    const opaque = attribute('opaque');
    // `x` marks a directory that may hold whiteouts of another kind; it still is merged.
    if (opaque !== undefined && opaque !== 'x') return undefined;
    const redirect = attribute('redirect');
    if (redirect !== undefined && this.options.attributePrefix !== 'trusted.overlay.') {
      throw new SandboxError('CAPTURE_FAILED', 'the upper layer holds a redirect, which its mount does not allow');
    }
    const origin = redirectTarget(redirect, name, parentOrigin);
    return origin !== undefined && (await this.base.isDirectory(origin)) ? origin : undefined;
  }

  /** A renamed directory: what the upper does not name still is what the base has at the old place. */
  private async restOfOrigin(
    path: string,
    origin: string,
    seen: ReadonlySet<string>,
    ignore: IgnoreContext,
  ): Promise<void> {
    for (const name of await this.base.entries(origin)) {
      if (!seen.has(name)) await this.fromBase(join(path, name), join(origin, name), ignore);
    }
  }

  private async fromBase(path: string, origin: string, ignore: IgnoreContext): Promise<void> {
    if (!this.found.enter(path)) return;
    const stats = await this.base.stat(origin);
    if (stats === undefined) return;
    if (this.base.isSubmodule(origin)) {
      this.found.notice('SUBMODULE_CHANGED', path, 'a submodule that moved with its directory is not kept');
      return;
    }
    if (!stats.isDirectory()) {
      await this.found.add(path, this.base.host(origin), stats, ignore);
      return;
    }
    if (ignore.ignores(path, true) && !(await this.base.isDirectory(path))) return;
    const inner = await this.rulesOf(path, this.base.host(join(origin, '.gitignore')), ignore.enter(path));
    for (const name of await this.base.entries(origin))
      await this.fromBase(join(path, name), join(origin, name), inner);
  }

  /** The ignore file that the directory has now: the upper's, or the base's where the upper says nothing. */
  private async rulesIn(path: string, origin: string | undefined, outer: IgnoreContext): Promise<IgnoreContext> {
    const own = this.host(join(path, '.gitignore'));
    if ((await statOrNothing(own)) !== undefined) return this.rulesOf(path, own, outer);
    return origin === undefined ? outer : this.rulesOf(path, this.base.host(join(origin, '.gitignore')), outer);
  }

  private async rulesOf(directory: string, file: Buffer, outer: IgnoreContext): Promise<IgnoreContext> {
    const content = await readSmallFile(file);
    if (content === 'refused') {
      const stats = await statOrNothing(file);
      const isWhiteout = stats?.isCharacterDevice() === true && stats.rdev === 0;
      if (!isWhiteout)
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

function redirectTarget(
  redirect: string | undefined,
  name: string,
  parentOrigin: string | undefined,
): string | undefined {
  if (redirect?.startsWith('/') === true) return posix.normalize(redirect).slice(1);
  return parentOrigin === undefined ? undefined : join(parentOrigin, redirect ?? name);
}

function join(directory: string, name: string): string {
  return directory === '' ? name : `${directory}/${name}`;
}
