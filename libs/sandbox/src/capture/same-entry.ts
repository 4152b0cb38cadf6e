import { constants, type Stats } from 'node:fs';
import { open, readlink } from 'node:fs/promises';

const CHUNK_BYTES = 1024 * 1024;

/** True for two files, or two symlinks, that git would store alike. By content: times of an agent prove nothing. */
export async function isSameEntry(
  path: Buffer,
  stats: Stats,
  other: { readonly host: Buffer; readonly stats: Stats },
): Promise<boolean> {
  if (stats.isSymbolicLink() && other.stats.isSymbolicLink()) {
    const [target, otherTarget] = await Promise.all([
      readlink(path, { encoding: 'buffer' }),
      readlink(other.host, { encoding: 'buffer' }),
    ]);
    return target.equals(otherTarget);
  }
  if (!stats.isFile() || !other.stats.isFile()) return false;
  if (stats.size !== other.stats.size || ((stats.mode ^ other.stats.mode) & 0o100) !== 0) return false;
  return haveSameBytes(path, other.host, stats.size);
}

async function haveSameBytes(left: Buffer, right: Buffer, size: number): Promise<boolean> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const a = await open(left, flags);
  try {
    const b = await open(right, flags);
    try {
      const length = Math.min(size, CHUNK_BYTES);
      const [bufferA, bufferB] = [Buffer.alloc(length), Buffer.alloc(length)];
      for (let position = 0; position < size;) {
        const [readA, readB] = await Promise.all([
          a.read(bufferA, 0, length, position),
          b.read(bufferB, 0, length, position),
        ]);
        if (readA.bytesRead !== readB.bytesRead || readA.bytesRead === 0) return false;
        if (!bufferA.subarray(0, readA.bytesRead).equals(bufferB.subarray(0, readB.bytesRead))) return false;
        position += readA.bytesRead;
      }
      return true;
    } finally {
      await b.close();
    }
  } finally {
    await a.close();
  }
}
