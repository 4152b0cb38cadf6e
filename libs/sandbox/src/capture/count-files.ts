import { opendir } from 'node:fs/promises';
import { errnoOf } from '../sandbox-error.js';

/** Of what nobody keeps the exact number says nothing beyond this. */
const MOST = 1_000_000;

const BUFFER = 'buffer' as BufferEncoding;

/** Files, symlinks and the like in a directory and all below it; at most a million. Nothing may change it meanwhile. */
export async function countFiles(directory: Buffer, signal?: AbortSignal): Promise<number> {
  const open = [directory];
  let count = 0;
  let seen = 0;
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    signal?.throwIfAborted();
    try {
      for await (const entry of await opendir(at, { encoding: BUFFER, bufferSize: 1024 })) {
        if (++seen > MOST) return count;
        const name = entry.name as unknown as Buffer;
        if (entry.isDirectory()) open.push(Buffer.concat([at, SLASH, name]));
        // A whiteout is nothing.
        else if (!entry.isCharacterDevice()) count += 1;
      }
    } catch (error) {
      // Deeper than any path can name: of what nobody keeps, not even the number is worth a failure.
      if (!['ENAMETOOLONG', 'EACCES'].includes(errnoOf(error) ?? '')) throw error;
    }
  }
  return count;
}

const SLASH = Buffer.from('/');
