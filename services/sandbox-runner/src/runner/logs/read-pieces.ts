import { open } from 'node:fs/promises';
import { errnoOf } from '@heddle/sandbox';
import { cutLines, type LinePiece } from './line-splitter.js';

const CHUNK_BYTES = 256 * 1024;

/** The pieces of a spool whose writers are gone; none of a file that is not there. */
export function readPieces(path: string): AsyncGenerator<LinePiece> {
  return read(path, Number.POSITIVE_INFINITY);
}

/** Those of its first bytes; what they end in the middle of is a piece of a line that goes on. */
export function readFirstPieces(path: string, bytes: number): AsyncGenerator<LinePiece> {
  return read(path, bytes);
}

async function* read(path: string, bytes: number): AsyncGenerator<LinePiece> {
  const file = await open(path, 'r').catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (file === undefined) return;
  try {
    for (let offset = 0; offset < bytes;) {
      // A buffer for each chunk: readers keep pieces of a long line.
      const buffer = Buffer.alloc(CHUNK_BYTES);
      const { bytesRead } = await file.read(buffer, 0, Math.min(CHUNK_BYTES, bytes - offset), offset);
      const isFilesEnd = bytesRead < Math.min(CHUNK_BYTES, bytes - offset);
      const { pieces, consumed } = cutLines(buffer.subarray(0, bytesRead), isFilesEnd);
      yield* pieces;
      if (isFilesEnd) return;
      if (consumed === 0) {
        yield { bytes: buffer.subarray(0, bytesRead), endsLine: false };
        return;
      }
      offset += consumed;
    }
  } finally {
    await file.close();
  }
}
