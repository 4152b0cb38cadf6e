import type { Dirent, Stats } from 'node:fs';
import { lstat, opendir } from 'node:fs/promises';
import { errnoOf, SandboxError } from '../sandbox-error.js';

/** More make no change that anybody could keep or read. */
export const MAX_ENTRIES = 1_000_000;

/** Node takes it where it gives names back; its types know it for `readdir` only. */
const BUFFER = 'buffer' as BufferEncoding;

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
