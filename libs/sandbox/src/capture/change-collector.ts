import type { Stats } from 'node:fs';
import { readlink } from 'node:fs/promises';
import { posix } from 'node:path';
import { MAX_ENTRIES, tooManyEntries, type BaseTree } from './base-tree.js';
import type { IgnoreContext } from './ignore-context.js';
import { gitFileFault } from './git-file-fault.js';
import { looksLikeGitDirectory, looksLikeGitmodules } from './storable-name.js';
import type { CapturedChanges, CaptureNotice, TreeChange } from './tree-change.js';

/** What the kernel opens in one go, its end included. */
const PATH_MAX = 4096;
/** The platform's own directories of a path: in a stage, a layer, a check's box. */
const MARGIN_BYTES = 300;

/** More tell a reader nothing, and an agent can make any number. */
const MAX_NOTICES = 200;

export interface CollectorOptions {
  /** Directories of the host below which the paths are looked at. */
  readonly roots: readonly string[];
  readonly maxFileBytes?: number | undefined;
  readonly maxEntries?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

const DEFAULT_MAX_FILE_BYTES = 1024 * 1024 * 1024;

/** Gathers what a walk finds and decides what git can keep. Paths are bytes in latin1. */
export class ChangeCollector {
  private readonly removals: TreeChange[] = [];
  private readonly additions: TreeChange[] = [];
  private readonly notices: CaptureNotice[] = [];
  private readonly maxFileBytes: number;
  private readonly maxPathBytes: number;
  private entriesLeft: number;

  constructor(
    private readonly base: BaseTree,
    private readonly options: CollectorOptions,
  ) {
    this.maxFileBytes = options.maxFileBytes ?? DEFAULT_MAX_FILE_BYTES;
    this.maxPathBytes = PATH_MAX - MARGIN_BYTES - Math.max(...options.roots.map((root) => Buffer.byteLength(root)));
    this.entriesLeft = options.maxEntries ?? MAX_ENTRIES;
  }

  get result(): CapturedChanges {
    return { changes: [...this.removals, ...this.additions], notices: this.notices };
  }

  async remove(path: string): Promise<void> {
    if ((await this.base.stat(path)) !== undefined) this.removals.push({ kind: 'remove', path: bytes(path) });
  }

  /** A file, symlink or other leaf that is now at `path`, with its bytes at `source` on the host. */
  async add(path: string, source: Buffer, stats: Stats, ignore: IgnoreContext): Promise<void> {
    const before = await this.base.stat(path);
    if (before?.isDirectory() === true) await this.remove(path);
    const tracked = before !== undefined && !before.isDirectory();
    if (!tracked && ignore.ignores(path, false)) return;
    if (!this.isStorable(path, stats)) return;
    if (stats.isSymbolicLink()) await this.addSymlink(path, source);
    else if (stats.isFile()) await this.addFile(path, source, stats);
    else this.notice('SPECIAL_FILE_SKIPPED', path, `a ${kindOf(stats)} can't be kept in git`);
    if (tracked && !stats.isFile() && !stats.isSymbolicLink()) await this.remove(path);
  }

  notice(reason: CaptureNotice['reason'], path: string, message: string): void {
    if (this.notices.length >= MAX_NOTICES) return;
    this.notices.push({ reason, path: bytes(path), message });
  }

  /**
   * Before an entry is looked at. False (with a notice) where its path is too long for that.
   * @throws SandboxError CAPTURE_FAILED after too many; the signal's reason
   */
  enter(path: string): boolean {
    this.options.signal?.throwIfAborted();
    if (--this.entriesLeft < 0) throw tooManyEntries();
    if (path.length <= this.maxPathBytes) return true;
    this.notice('UNSTORABLE', path.slice(0, 200), 'the path is longer than git can keep; what is below it is left out');
    return false;
  }

  private isStorable(path: string, stats: Stats): boolean {
    const names = path.split('/');
    if (names.some(looksLikeGitDirectory)) {
      this.notice('UNSTORABLE', path, 'a name that some file system takes for .git');
      return false;
    }
    if (stats.isSymbolicLink() && looksLikeGitmodules(names.at(-1) ?? '')) {
      this.notice('UNSTORABLE', path, '.gitmodules must not be a symbolic link');
      return false;
    }
    return true;
  }

  private async addFile(path: string, source: Buffer, stats: Stats): Promise<void> {
    if (stats.size > this.maxFileBytes) {
      this.notice('FILE_TOO_LARGE', path, `${String(stats.size)} bytes; the limit is ${String(this.maxFileBytes)}`);
      return;
    }
    const fault = await gitFileFault(path.slice(path.lastIndexOf('/') + 1), source);
    if (fault !== undefined) {
      this.notice('UNSTORABLE', path, fault);
      return;
    }
    this.additions.push({
      kind: 'file',
      path: bytes(path),
      source,
      executable: (stats.mode & 0o100) !== 0,
      bytes: stats.size,
    });
  }

  private async addSymlink(path: string, source: Buffer): Promise<void> {
    const target = await readlink(source, { encoding: 'buffer' });
    if (leavesTree(path, target.toString('latin1')))
      this.notice('SYMLINK_LEAVES_TREE', path, 'the link points outside of the work tree');
    this.additions.push({ kind: 'symlink', path: bytes(path), target });
  }
}

function leavesTree(path: string, target: string): boolean {
  return target.startsWith('/') || /^\.\.(\/|$)/.test(posix.normalize(posix.join(posix.dirname(path), target)));
}

function kindOf(stats: Stats): string {
  if (stats.isFIFO()) return 'FIFO';
  if (stats.isSocket()) return 'socket';
  return 'device';
}

function bytes(path: string): Buffer {
  return Buffer.from(path, 'latin1');
}
