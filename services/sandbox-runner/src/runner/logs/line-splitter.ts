import { isUtf8 } from 'node:buffer';

/** Longer lines are given in pieces. */
export const MAX_LINE_BYTES = 16 * 1024;

/** A line, or a part of a long one. */
export interface LinePiece {
  /** Without the line feed. */
  readonly bytes: Buffer;
  readonly endsLine: boolean;
}

export interface CutLines {
  readonly pieces: readonly LinePiece[];
  /** Bytes of the input that the pieces stand for; the rest waits for more. */
  readonly consumed: number;
}

/**
 * Cuts bytes into lines. A piece of a long line never ends within a UTF-8 character.
 * @param isLast nothing follows: what has no line feed is a line too
 */
export function cutLines(bytes: Buffer, isLast: boolean, maxPieces = Number.POSITIVE_INFINITY): CutLines {
  const pieces: LinePiece[] = [];
  let start = 0;
  while (start < bytes.length && pieces.length < maxPieces) {
    const feed = bytes.subarray(start, start + MAX_LINE_BYTES + 1).indexOf(10);
    if (feed !== -1) {
      pieces.push({ bytes: bytes.subarray(start, start + feed), endsLine: true });
      start += feed + 1;
    } else if (bytes.length - start > MAX_LINE_BYTES) {
      const length = wholeCharacters(bytes.subarray(start, start + MAX_LINE_BYTES));
      pieces.push({ bytes: bytes.subarray(start, start + length), endsLine: false });
      start += length;
    } else if (isLast) {
      pieces.push({ bytes: bytes.subarray(start), endsLine: true });
      start = bytes.length;
    } else break;
  }
  return { pieces, consumed: start };
}

/** Length without a character that is begun at the end; all of it where that is no UTF-8 anyway. */
function wholeCharacters(bytes: Buffer): number {
  for (let back = 1; back <= 3 && back < bytes.length; back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return bytes.length;
    if (byte >= 0xc0) {
      const need = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return need > back ? bytes.length - back : bytes.length;
    }
  }
  return bytes.length;
}

/** Text for readers, and the bytes themselves where they are not UTF-8. */
export function lineContent(bytes: Buffer): { readonly text: string; readonly raw?: Buffer } {
  return isUtf8(bytes) ? { text: bytes.toString('utf8') } : { text: bytes.toString('utf8'), raw: Buffer.from(bytes) };
}
