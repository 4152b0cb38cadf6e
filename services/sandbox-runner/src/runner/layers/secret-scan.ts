import { constants } from 'node:fs';
import { open, opendir, readlink } from 'node:fs/promises';

const CHUNK_BYTES = 1024 * 1024;
/** Shorter ones are found by chance. */
const SHORTEST_VALUE = 8;
const MOST_FOUND = 20;
const BUFFER = 'buffer' as BufferEncoding;

/**
 * Paths below a directory, bytes as latin1, that hold one of the values as it is, in base64 (also within a longer text
 * that was encoded) or URL-encoded: in a file, a symlink's target or a name. At most 20.
 */
export async function filesWithSecrets(directory: string, values: readonly string[]): Promise<string[]> {
  const needles = values.filter((value) => Buffer.byteLength(value) >= SHORTEST_VALUE).flatMap(encodingsOf);
  const found: string[] = [];
  const look = async (path: string): Promise<void> => {
    const host = Buffer.concat([Buffer.from(directory), Buffer.from(path, 'latin1')]);
    for await (const entry of await opendir(host, { encoding: BUFFER })) {
      if (found.length >= MOST_FOUND) return;
      const name = entry.name as unknown as Buffer;
      const child = `${path}/${name.toString('latin1')}`;
      const file = Buffer.concat([host, Buffer.from('/'), name]);
      if (
        holds(name, needles) ||
        (entry.isSymbolicLink() && holds(await readlink(file, { encoding: 'buffer' }), needles)) ||
        (entry.isFile() && (await fileHolds(file, needles)))
      )
        found.push(child.slice(1));
      else if (entry.isDirectory()) await look(child);
    }
  };
  if (needles.length > 0) await look('');
  return found;
}

function holds(bytes: Buffer, needles: readonly Buffer[]): boolean {
  return needles.some((needle) => bytes.includes(needle));
}

async function fileHolds(path: Buffer, needles: readonly Buffer[]): Promise<boolean> {
  const overlap = Math.max(...needles.map((needle) => needle.length)) - 1;
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const buffer = Buffer.alloc(CHUNK_BYTES + overlap);
    for (let kept = 0; ;) {
      const { bytesRead } = await file.read(buffer, kept, CHUNK_BYTES);
      if (bytesRead === 0) return false;
      const filled = buffer.subarray(0, kept + bytesRead);
      if (holds(filled, needles)) return true;
      kept = Math.min(overlap, filled.length);
      filled.copy(buffer, 0, filled.length - kept);
    }
  } finally {
    await file.close();
  }
}

function encodingsOf(value: string): Buffer[] {
  const bytes = Buffer.from(value);
  const url = encodeURIComponent(value);
  const texts = new Set([value, url, url.replaceAll(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase())]);
  // In the middle of a longer text the value begins at one of three places of a group; what is left of its edges is not its own.
  for (const before of [0, 1, 2]) {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replaceAll('=', '');
    const first = before === 0 ? 0 : before + 1;
    const own = encoded.slice(first, (bytes.length + before) % 3 === 0 ? undefined : -1);
    texts.add(own).add(own.replaceAll('+', '-').replaceAll('/', '_'));
  }
  return [...texts].map((text) => Buffer.from(text));
}
