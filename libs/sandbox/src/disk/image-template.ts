import { execFile } from 'node:child_process';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { dataRanges } from '../native/disk.js';

const run = promisify(execFile);

export const BLOCK_BYTES = 4096;
const INODE_BYTES = 256;
const MIB = 1024 * 1024;
const SMALLEST_BYTES = 4 * MIB;
/** ext4 keeps two hundredths back for itself, and no more than this. */
const LARGEST_RESERVE = 16 * MIB;

/** An empty file system as the few places of its file that are not zero. */
export interface ImageTemplate {
  readonly bytes: number;
  readonly parts: readonly { readonly at: number; readonly content: Buffer }[];
}

/**
 * Has mke2fs make the file system once; every box's is written from memory then, which takes a third of a millisecond.
 * Without a journal: nothing of it is promised to outlive a loss of power. Inode tables stay holes until they are used.
 */
export async function makeTemplate(
  mke2fs: string,
  directory: string,
  bytes: number,
  inodes: number,
): Promise<ImageTemplate> {
  const path = join(directory, `template-${String(process.pid)}-${String(bytes)}-${String(inodes)}`);
  const size = imageBytes(bytes, inodes);
  const options = ['-q', '-F', '-t', 'ext4', '-O', '^has_journal,^resize_inode', '-b', String(BLOCK_BYTES)];
  const tables = ['-I', String(INODE_BYTES), '-N', String(inodesOf(bytes, inodes)), '-m', '0'];
  try {
    const blocks = String(size / BLOCK_BYTES);
    await run(mke2fs, [...options, ...tables, '-E', 'lazy_itable_init=1,nodiscard', path, blocks]);
    const file = await open(path, 'r');
    try {
      const parts: { at: number; content: Buffer }[] = [];
      for (const { start, end } of dataRanges(file.fd)) {
        const content = Buffer.alloc(end - start);
        await file.read(content, 0, content.length, start);
        parts.push({ at: start, content });
      }
      return { bytes: size, parts };
    } finally {
      await file.close();
    }
  } finally {
    await rm(path, { force: true });
  }
}

/** What the file system needs for itself comes on top. */
function imageBytes(bytes: number, inodes: number): number {
  const content = Math.max(bytes, SMALLEST_BYTES) + inodesOf(bytes, inodes) * INODE_BYTES;
  const own = content * 0.002 + Math.min(content * 0.02, LARGEST_RESERVE);
  return Math.ceil((content + own) / BLOCK_BYTES) * BLOCK_BYTES;
}

/** A file takes a block: more inodes than blocks would be of no use, and ext4 has no room for them. */
function inodesOf(bytes: number, inodes: number): number {
  return Math.min(inodes, Math.floor(Math.max(bytes, SMALLEST_BYTES) / BLOCK_BYTES));
}
