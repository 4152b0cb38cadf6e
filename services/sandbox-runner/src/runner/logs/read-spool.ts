import { open } from 'node:fs/promises';
import { errnoOf } from '@heddle/sandbox';
import { cutLines, type LinePiece } from './line-splitter.js';

/**
 * The next pieces of a spool that may still be written to; none of one that is not there.
 * @param isLast nothing is written any more: what has no line feed is a line too
 * @param room bytes that are read at most (a long line's beginning in any case)
 */
export async function readSpool(
  path: string,
  offset: number,
  isLast: boolean,
  room: number,
  maxPieces = Number.POSITIVE_INFINITY,
): Promise<{ pieces: readonly LinePiece[]; consumed: number; isAtEnd: boolean }> {
  let file;
  try {
    file = await open(path, 'r');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return { pieces: [], consumed: 0, isAtEnd: true };
    throw error;
  }
  try {
    // One byte more than a long line: the splitter must see that it is long.
    const buffer = Buffer.alloc(Math.max(room, 32 * 1024));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, offset);
    const isWhole = bytesRead < buffer.length;
    const { pieces, consumed } = cutLines(buffer.subarray(0, bytesRead), isLast && isWhole, maxPieces);
    return { pieces, consumed, isAtEnd: isWhole && consumed === bytesRead };
  } finally {
    await file.close();
  }
}
