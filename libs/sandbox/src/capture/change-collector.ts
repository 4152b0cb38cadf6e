import type { Stats } from 'node:fs';
import { readlink } from 'node:fs/promises';
import { posix } from 'node:path';
import type { BaseTree } from './base-tree.js';
import type { IgnoreContext } from './ignore-context.js';
import { gitFileFault } from './git-file-fault.js';
import { looksLikeGitDirectory, looksLikeGitmodules } from './storable-name.js';
import type { CapturedChanges, CaptureNotice, TreeChange } from './tree-change.js';

/** Git keeps paths of up to 4,096 bytes; beyond that neither it nor a checkout can open them. */
const MAX_PATH_BYTES = 4000;

/** More tell a reader nothing, and an agent can make any number. */
const MAX_NOTICES = 200;

export interface CollectorLimits {
  readonly maxFileBytes: number;
}

/** Gathers what a walk finds and decides what git can keep. Paths are bytes in latin1. */
export class ChangeCollector {
  private readonly removals: TreeChange[] = [];
  private readonly additions: TreeChange[] = [];
  private readonly notices: CaptureNotice[] = [];

  constructor(
    private readonly base: BaseTree,
    private readonly limits: CollectorLimits,
  ) {}

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

  /** False (with a notice) for directories that can't be walked because their path is too long. */
  canDescend(path: string): boolean {
    if (path.length <= MAX_PATH_BYTES) return true;
    this.notice('UNSTORABLE', path.slice(0, 200), 'the path is longer than git can keep; what is below it is left out');
    return false;
  }

  private isStorable(path: string, stats: Stats): boolean {
    if (!this.canDescend(path)) return false;
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
    if (stats.size > this.limits.maxFileBytes) {
      this.notice(
        'FILE_TOO_LARGE',
        path,
        `${String(stats.size)} bytes; the limit is ${String(this.limits.maxFileBytes)}`,
      );
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
