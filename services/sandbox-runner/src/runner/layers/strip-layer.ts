import { chmod, lchown, lstat, opendir, rm, rmdir, unlink } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { readXattr, removeXattr, SandboxError } from '@heddle/sandbox';
import type { TrackedTree } from './tracked-tree.js';

export interface StripOptions {
  readonly directory: string;
  /** What must not be in it; undefined for a home. */
  readonly tracked: TrackedTree | undefined;
  /** Uid that its files get. */
  readonly owner: number;
  readonly attributePrefix: 'trusted.overlay.' | 'user.overlay.' | undefined;
  /** It will lie on exactly the layers that it was made over: what it hides of them stays hidden. */
  readonly keepsMarks: boolean;
}

export interface Stripped {
  /** Tracked paths that were changed, hidden or deleted, and special files; bytes as latin1. */
  readonly paths: readonly string[];
  /** What is left, on disk. */
  readonly bytes: number;
}

const MAX_ENTRIES = 2_000_000;
const BLOCK_BYTES = 512;
const SET_ID = 0o6000;
const BUFFER = 'buffer' as BufferEncoding;

/**
 * Takes out of a directory, in place, what no layer may hold: paths that the base tracks (an agent would see the layer's
 * file and its capture would record the base's), git's own directory, overlay marks, devices, FIFOs and sockets.
 * Nothing else may write to it.
 */
export async function stripLayer(options: StripOptions): Promise<Stripped> {
  const strip = new Strip(options);
  await strip.directory('');
  return { paths: strip.paths, bytes: strip.bytes };
}

class Strip {
  readonly paths: string[] = [];
  bytes = 0;
  private entriesLeft = MAX_ENTRIES;

  constructor(private readonly options: StripOptions) {}

  /** True where nothing is left in it. */
  async directory(path: string): Promise<boolean> {
    const host = this.host(path);
    await this.own(host, await lstat(host));
    let isEmpty = true;
    for await (const entry of await opendir(host, { encoding: BUFFER })) {
      const name = (entry.name as unknown as Buffer).toString('latin1');
      if (await this.entry(path, name)) isEmpty = false;
    }
    return isEmpty;
  }

  /** True where it stays. */
  private async entry(parent: string, name: string): Promise<boolean> {
    if (--this.entriesLeft < 0)
      throw new SandboxError('SETUP_SCRIPT_FAILED', `the set-up left more than ${String(MAX_ENTRIES)} files`);
    const path = parent === '' ? name : `${parent}/${name}`;
    const { tracked, keepsMarks } = this.options;
    const kind = tracked?.kindOf(path);
    const host = this.host(path);
    if (name === '.git' && tracked !== undefined && (parent === '' || tracked.kindOf(parent) === 'submodule')) {
      await rm(host, { recursive: true, force: true });
      return false;
    }
    const stats = await lstat(host);
    if (isWhiteout(stats) && keepsMarks && kind === undefined) return true;
    if (!stats.isDirectory()) {
      if (kind === undefined && (stats.isFile() || stats.isSymbolicLink())) {
        await this.own(host, stats);
        this.bytes += stats.blocks * BLOCK_BYTES;
        return true;
      }
      await unlink(host);
      if (kind !== undefined || !isWhiteout(stats)) this.say(path, kind);
      return false;
    }
    if (kind === 'file' || ((kind !== undefined || !keepsMarks) && this.has(host, 'redirect'))) {
      await rm(host, { recursive: true, force: true });
      this.say(path, kind);
      return false;
    }
    const wasOpaque = (kind !== undefined || !keepsMarks) && this.clear(host, 'opaque');
    if (wasOpaque && kind === 'directory') this.say(path, kind);
    const isEmpty = await this.directory(path);
    this.bytes += stats.blocks * BLOCK_BYTES;
    if (!isEmpty || kind === undefined) return true;
    await rmdir(host);
    return false;
  }

  private async own(host: Buffer, stats: Stats): Promise<void> {
    const { owner } = this.options;
    if (stats.uid !== owner || stats.gid !== owner) {
      if (process.getuid?.() === 0) await lchown(host, owner, owner);
    }
    // Nobody but its owner has to enter for now, but an ordinary user must be able to.
    const opened = stats.isDirectory() && process.getuid?.() !== 0 ? stats.mode | 0o700 : stats.mode;
    const mode = opened & ~SET_ID & 0o7777;
    if (!stats.isSymbolicLink() && mode !== (stats.mode & 0o7777)) await chmod(host, mode);
  }

  private has(host: Buffer, word: string): boolean {
    const { attributePrefix } = this.options;
    return attributePrefix !== undefined && readXattr(host, `${attributePrefix}${word}`) !== undefined;
  }

  private clear(host: Buffer, word: string): boolean {
    const { attributePrefix } = this.options;
    return attributePrefix !== undefined && removeXattr(host, `${attributePrefix}${word}`);
  }

  /** A full copy holds every tracked path: that tells nothing. */
  private say(path: string, kind: string | undefined): void {
    if (this.options.attributePrefix !== undefined || kind === undefined) this.paths.push(path);
  }

  private host(path: string): Buffer {
    const top = Buffer.from(this.options.directory);
    return path === '' ? top : Buffer.concat([top, Buffer.from('/'), Buffer.from(path, 'latin1')]);
  }
}

function isWhiteout(stats: Stats): boolean {
  return stats.isCharacterDevice() && stats.rdev === 0;
}
