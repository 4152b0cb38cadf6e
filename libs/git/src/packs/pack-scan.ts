import { createReadStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { createInflate, inflateSync } from 'node:zlib';

export interface PackBounds {
  readonly maxObjects: number;
  /** Sum of what all objects inflate to; of a delta, the size that it builds. */
  readonly maxInflatedBytes: number;
}

/** A pack that asks for more work than allowed, or that is not a pack at all. */
export class PackBoundsError extends Error {
  override readonly name = 'PackBoundsError';
}

const SMALL_OBJECT = 256 * 1024;
const WINDOW = SMALL_OBJECT + 64 * 1024;
const OFS_DELTA = 6;
const REF_DELTA = 7;

/**
 * Adds up the work that a pack asks for before anything resolves it: a chain of deltas in 100 kB can build gigabytes.
 * Reads headers and inflates each entry once, into nothing.
 */
export async function scanPack(
  path: string,
  hashBytes: number,
  bounds: PackBounds,
): Promise<{ objects: number; inflatedBytes: number }> {
  const file = await open(path, 'r');
  try {
    const header = await readAt(file, 0, 12);
    if (header.length < 12 || header.toString('latin1', 0, 4) !== 'PACK' || header.readUInt32BE(4) !== 2) {
      throw new PackBoundsError('the stream is not a version 2 pack');
    }
    const objects = header.readUInt32BE(8);
    if (objects > bounds.maxObjects)
      throw new PackBoundsError(`the pack has ${String(objects)} objects, more than ${String(bounds.maxObjects)}`);
    let position = 12;
    let inflatedBytes = 0;
    for (let index = 0; index < objects; index += 1) {
      const entry = await scanEntry(file, path, position, hashBytes, bounds.maxInflatedBytes);
      position = entry.next;
      inflatedBytes += entry.inflatedBytes;
      if (inflatedBytes > bounds.maxInflatedBytes) {
        throw new PackBoundsError(`the pack inflates to more than ${String(bounds.maxInflatedBytes)} bytes`);
      }
    }
    return { objects, inflatedBytes };
  } finally {
    await file.close();
  }
}

async function scanEntry(
  file: FileHandle,
  path: string,
  start: number,
  hashBytes: number,
  limit: number,
): Promise<{ next: number; inflatedBytes: number }> {
  const window = await readAt(file, start, WINDOW);
  const { type, size, length } = entryHeader(window);
  let offset = length;
  if (type === REF_DELTA) offset += hashBytes;
  if (type === OFS_DELTA) {
    while (byteAt(window, offset) & 0x80) offset += 1;
    offset += 1;
  }
  if (size > limit) throw new PackBoundsError(`an object of the pack inflates to more than ${String(limit)} bytes`);
  const { consumed, head } =
    size <= SMALL_OBJECT
      ? (inflateSmall(window.subarray(offset), size) ?? (await inflateStream(path, start + offset, size)))
      : await inflateStream(path, start + offset, size);
  const isDelta = type === OFS_DELTA || type === REF_DELTA;
  return { next: start + offset + consumed, inflatedBytes: isDelta ? Math.max(size, deltaResultSize(head)) : size };
}

function entryHeader(bytes: Buffer): { type: number; size: number; length: number } {
  let byte = byteAt(bytes, 0);
  const type = (byte >> 4) & 7;
  let size = byte & 15;
  let scale = 16;
  let length = 1;
  while (byte & 0x80) {
    byte = byteAt(bytes, length);
    size += (byte & 0x7f) * scale;
    scale *= 128;
    length += 1;
    if (length > 10) throw new PackBoundsError('the pack is damaged');
  }
  return { type, size, length };
}

/** A delta begins with the sizes of its source and of its result. */
function deltaResultSize(delta: Buffer): number {
  let offset = 0;
  const next = (): number => {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = byteAt(delta, offset);
      offset += 1;
      value += (byte & 0x7f) * scale;
      if (!(byte & 0x80)) return value;
      scale *= 128;
      if (offset > 20) throw new PackBoundsError('the pack is damaged');
    }
  };
  next();
  return next();
}

function inflateSmall(input: Buffer, size: number): { consumed: number; head: Buffer } | undefined {
  try {
    const result = inflateSync(input, { info: true, maxOutputLength: Math.max(size, 1) }) as unknown as {
      buffer: Buffer;
      engine: { bytesWritten: number };
    };
    return result.buffer.length === size
      ? { consumed: result.engine.bytesWritten, head: result.buffer.subarray(0, 32) }
      : undefined;
  } catch {
    // Cut off by the window, or not what its header says: the exact reader decides.
    return undefined;
  }
}

async function inflateStream(path: string, start: number, size: number): Promise<{ consumed: number; head: Buffer }> {
  const inflate = createInflate();
  const source = createReadStream(path, { start });
  let seen = 0;
  let head: Buffer = Buffer.alloc(0);
  try {
    await new Promise<void>((resolve, reject) => {
      inflate.on('data', (chunk: Buffer) => {
        seen += chunk.length;
        if (head.length < 32) head = Buffer.concat([head, chunk]).subarray(0, 32);
        if (seen > size) reject(new PackBoundsError('an object of the pack is larger than its header says'));
      });
      inflate.once('end', resolve);
      inflate.once('error', () => {
        reject(new PackBoundsError('the pack is damaged'));
      });
      source.once('error', reject);
      source.pipe(inflate);
    });
    if (seen !== size) throw new PackBoundsError('an object of the pack is not of the size that its header says');
    return { consumed: inflate.bytesWritten, head };
  } finally {
    source.destroy();
    inflate.destroy();
  }
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}

function byteAt(bytes: Buffer, index: number): number {
  const byte = bytes[index];
  if (byte === undefined) throw new PackBoundsError('the pack ends too early');
  return byte;
}
