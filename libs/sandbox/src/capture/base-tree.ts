import type { Dirent, Stats } from 'node:fs';
import { lstat, opendir } from 'node:fs/promises';
import { errnoOf, SandboxError } from '../sandbox-error.js';

/** More make no change that anybody could keep or read. */
export const MAX_ENTRIES = 1_000_000;

/** Node takes it where it gives names back; its types know it for `readdir` only. */
const BUFFER = 'buffer' as BufferEncoding;

/** The base checkout as git tracks it: everything in it is tracked, but the top `.git`. Paths are bytes in latin1. */
export class BaseTree {
  private readonly directories = new Map<string, boolean>();

  constructor(
    private readonly directory: string,
    /** Paths of submodules: empty directories here, commits in the tree. */
    private readonly submodules: ReadonlySet<string>,
  ) {}

  host(path: string): Buffer {
    return Buffer.from(path === '' ? latin1(this.directory) : `${latin1(this.directory)}/${path}`, 'latin1');
  }

  /** Of what git tracks at the path: what lies behind a symlink of the base is no part of it. */
  async stat(path: string): Promise<Stats | undefined> {
    const parent = path.slice(0, Math.max(0, path.lastIndexOf('/')));
    return path === '' || (await this.isDirectory(parent)) ? statOrNothing(this.host(path)) : undefined;
  }

  async isDirectory(path: string): Promise<boolean> {
    let known = this.directories.get(path);
    if (known === undefined) {
      known = (await this.stat(path))?.isDirectory() === true;
      this.directories.set(path, known);
    }
    return known;
  }

  /** A file or symlink of the base's commit. */
  async tracks(path: string): Promise<boolean> {
    const stats = await this.stat(path);
    return stats !== undefined && !stats.isDirectory();
  }

  isSubmodule(path: string): boolean {
    return this.submodules.has(path);
  }

  async entries(path: string): Promise<string[]> {
    const names = (await listDirectory(this.host(path))).map((entry) => entry.name.toString('latin1'));
    return path === '' ? names.filter((name) => name !== '.git') : names;
  }
}

export function tooManyEntries(): SandboxError {
  return new SandboxError('CAPTURE_FAILED', 'the work tree holds too many files');
}

/** The path's bytes as latin1, whatever they mean. */
export function latin1(path: string): string {
  return Buffer.from(path).toString('latin1');
}

export async function statOrNothing(path: Buffer): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    const word = errnoOf(error);
    if (word === 'ENOENT' || word === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** Piece by piece: an agent may have made more entries than memory holds. CAPTURE_FAILED where there are more than `most`. */
export async function listDirectory(path: Buffer, most = MAX_ENTRIES): Promise<Dirent<Buffer>[]> {
  const entries: Dirent<Buffer>[] = [];
  for await (const entry of await opendir(path, { encoding: BUFFER, bufferSize: 1024 })) {
    if (entries.length >= most) throw tooManyEntries();
    entries.push(entry as unknown as Dirent<Buffer>);
  }
  return entries.sort((a, b) => Buffer.compare(a.name, b.name));
}
