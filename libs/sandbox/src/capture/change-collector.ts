import type { Stats } from 'node:fs';
import { readlink } from 'node:fs/promises';
import { posix } from 'node:path';
import type { BaseTree, LowerTree } from './base-tree.js';
import { countFiles } from './count-files.js';
import { gitFileFault } from './git-file-fault.js';
import { MAX_ENTRIES, tooManyEntries } from './host-files.js';
import type { IgnoreContext } from './ignore-context.js';
import { NoticeList } from './notice-list.js';
import { isSameEntry } from './same-entry.js';
import { nameFault } from './storable-name.js';
import type { CapturedChanges, CaptureNotice, TreeChange } from './tree-change.js';

/** What the kernel opens in one go, its end included. */
const PATH_MAX = 4096;
/** The platform's own directories of a path: in a stage, a layer, a check's box. */
const MARGIN_BYTES = 300;

export interface CollectorOptions {
  /** Directories of the host below which the paths are looked at. */
  readonly roots: readonly string[];
  readonly maxFileBytes?: number | undefined;
  readonly maxEntries?: number | undefined;
  readonly countIgnored?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

const DEFAULT_MAX_FILE_BYTES = 1024 * 1024 * 1024;

/** Gathers what a walk finds and decides what git can keep. Paths are bytes in latin1. */
export class ChangeCollector {
  private readonly removed = new Set<string>();
  private readonly additions = new Map<string, TreeChange>();
  private readonly notices = new NoticeList();
  private readonly maxFileBytes: number;
  private readonly maxPathBytes: number;
  private entriesLeft: number;
  private ignored = 0;

  /** @param below all that was in the box before its first process: the base, and what a set-up added. */
  constructor(
    private readonly base: BaseTree,
    private readonly below: LowerTree,
    private readonly options: CollectorOptions,
  ) {
    this.maxFileBytes = options.maxFileBytes ?? DEFAULT_MAX_FILE_BYTES;
    this.maxPathBytes = PATH_MAX - MARGIN_BYTES - Math.max(...options.roots.map((root) => Buffer.byteLength(root)));
    this.entriesLeft = options.maxEntries ?? MAX_ENTRIES;
  }

  get result(): CapturedChanges {
    const removals = [...this.removed].filter((path) => !this.additions.has(path));
    return {
      changes: [
        ...removals.map((path): TreeChange => ({ kind: 'remove', path: bytes(path) })),
        ...this.additions.values(),
      ],
      notices: this.notices.all,
      ignored: this.ignored,
    };
  }

  /** The path and everything that is tracked below it. */
  async remove(path: string): Promise<void> {
    for (const leaf of await this.base.leavesAt(path)) this.removed.add(leaf);
  }

  /** The base's own file or submodule stays at the path, whatever is there now. */
  keep(path: string): void {
    this.removed.delete(path);
  }

  /** A file, symlink or other leaf that is now at `path`, with its bytes at `source` on the host. */
  async add(path: string, source: Buffer, stats: Stats, ignore: IgnoreContext): Promise<void> {
    const before = await this.base.at(path);
    const tracked = before?.kind === 'leaf' || this.base.isSubmodule(path);
    if (before?.kind === 'directory') await this.remove(path);
    if (!tracked) {
      if (ignore.ignores(path, false)) {
        this.ignored += 1;
        return;
      }
      if (await this.isOfSetUp(path, source, stats)) return;
    }
    if (!stats.isSymbolicLink() && !stats.isFile()) {
      this.notice('SPECIAL_FILE_SKIPPED', path, `a ${kindOf(stats)} can't be kept in git`);
      await this.remove(path);
      return;
    }
    const kept = this.isStorable(path, stats) && (await this.put(path, source, stats));
    // Nobody asked for its deletion.
    if (!kept && tracked) this.keep(path);
  }

  /** A directory of untracked files only, which the ignore rules leave out as a whole. */
  async leaveOut(directory: Buffer): Promise<void> {
    this.ignored += this.options.countIgnored === true ? await countFiles(directory, this.options.signal) : 1;
  }

  notice(reason: CaptureNotice['reason'], path: string, message: string): void {
    this.notices.add(reason, bytes(path), message);
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

  /** What the set-up left there is no work of the agent's, also where the agent touched it. */
  private async isOfSetUp(path: string, source: Buffer, stats: Stats): Promise<boolean> {
    if (this.below === this.base) return false;
    const before = await this.below.at(path);
    return before?.kind === 'leaf' && (await isSameEntry(source, stats, before));
  }

  private isStorable(path: string, stats: Stats): boolean {
    const fault = nameFault(path, stats.isSymbolicLink());
    if (fault !== undefined) this.notice('UNSTORABLE', path, fault);
    return fault === undefined;
  }

  /** False (with a notice) where it is left out. */
  private async put(path: string, source: Buffer, stats: Stats): Promise<boolean> {
    if (stats.isSymbolicLink()) {
      await this.addSymlink(path, source);
      return true;
    }
    if (stats.size > this.maxFileBytes) {
      this.notice('FILE_TOO_LARGE', path, `${String(stats.size)} bytes; the limit is ${String(this.maxFileBytes)}`);
      return false;
    }
    const fault = await gitFileFault(path.slice(path.lastIndexOf('/') + 1), source);
    if (fault !== undefined) {
      this.notice('UNSTORABLE', path, fault);
      return false;
    }
    this.additions.set(path, {
      kind: 'file',
      path: bytes(path),
      source,
      executable: (stats.mode & 0o100) !== 0,
      bytes: stats.size,
    });
    return true;
  }

  private async addSymlink(path: string, source: Buffer): Promise<void> {
    const target = await readlink(source, { encoding: 'buffer' });
    if (leavesTree(path, target.toString('latin1')))
      this.notice('SYMLINK_LEAVES_TREE', path, 'the link points outside of the work tree');
    this.additions.set(path, { kind: 'symlink', path: bytes(path), target });
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
