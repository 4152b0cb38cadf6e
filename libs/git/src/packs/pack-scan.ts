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
const WINDOW_BYTES = SMALL_OBJECT + 64 * 1024;
/** Type and size, and the name or the distance of what a delta builds on. */
const HEADER_BYTES = 64;
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
    const window = new Window(file);
    const header = await window.at(0, 12);
    if (header.length < 12 || header.toString('latin1', 0, 4) !== 'PACK' || header.readUInt32BE(4) !== 2) {
      throw new PackBoundsError('the stream is not a version 2 pack');
    }
    const objects = header.readUInt32BE(8);
    if (objects > bounds.maxObjects)
      throw new PackBoundsError(`the pack has ${String(objects)} objects, more than ${String(bounds.maxObjects)}`);
    let position = 12;
    let inflatedBytes = 0;
    for (let index = 0; index < objects; index += 1) {
      const entry = await scanEntry(window, path, position, hashBytes, bounds.maxInflatedBytes);
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
  window: Window,
  path: string,
  start: number,
  hashBytes: number,
  limit: number,
): Promise<{ next: number; inflatedBytes: number }> {
  const header = await window.at(start, HEADER_BYTES);
  const { type, size, length } = entryHeader(header);
  let offset = length;
  if (type === REF_DELTA) offset += hashBytes;
  if (type === OFS_DELTA) {
    while (byteAt(header, offset) & 0x80) offset += 1;
    offset += 1;
  }
  if (size > limit) throw new PackBoundsError(`an object of the pack inflates to more than ${String(limit)} bytes`);
  const { consumed, head } =
    size <= SMALL_OBJECT
      ? (inflateSmall(await window.at(start + offset, mostOf(size)), size) ??
        (await inflateStream(path, start + offset, size)))
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

/** What a deflated object of a size takes at most, unless somebody made it longer on purpose. */
function mostOf(size: number): number {
  return size + (size >> 10) + 64;
}

/** Reads ahead, so that thousands of small entries take few reads and one buffer. */
class Window {
  private readonly buffer = Buffer.allocUnsafe(WINDOW_BYTES);
  private start = 0;
  private length = 0;

  constructor(private readonly file: FileHandle) {}

  /** The bytes from a position on: at least `wanted`, or all up to the end of the file. They hold until the next call. */
  async at(position: number, wanted: number): Promise<Buffer> {
    if (position < this.start || position + wanted > this.start + this.length) {
      const { bytesRead } = await this.file.read(this.buffer, 0, WINDOW_BYTES, position);
      this.start = position;
      this.length = bytesRead;
    }
    return this.buffer.subarray(position - this.start, this.length);
  }
}

function byteAt(bytes: Buffer, index: number): number {
  const byte = bytes[index];
  if (byte === undefined) throw new PackBoundsError('the pack ends too early');
  return byte;
}
