import { constants } from 'node:fs';
import { lstat, open } from 'node:fs/promises';
import { errnoOf } from '../sandbox-error.js';

const MAX_RULE_FILE_BYTES = 1024 * 1024;

/**
 * The bytes of a small regular file that an agent may have made; never follows a symlink, never waits for a FIFO.
 * Undefined if there is none; `refused` if it is something else or larger than 1 MiB.
 */
export async function readSmallFile(path: Buffer): Promise<Buffer | 'refused' | undefined> {
  try {
    const before = await lstat(path);
    if (!before.isFile() || before.size > MAX_RULE_FILE_BYTES) return 'refused';
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stats = await file.stat();
      if (!stats.isFile() || stats.size > MAX_RULE_FILE_BYTES) return 'refused';
      return await file.readFile();
    } finally {
      await file.close();
    }
  } catch (error) {
    const word = errnoOf(error);
    if (word === 'ENOENT' || word === 'ENOTDIR') return undefined;
    if (word === 'ELOOP' || word === 'EACCES') return 'refused';
    throw error;
  }
}
