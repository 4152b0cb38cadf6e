import { constants } from 'node:fs';
import { open, opendir, readlink } from 'node:fs/promises';
import { findSecrets, SecretPatterns } from '@heddle/sandbox';

const CHUNK_BYTES = 1024 * 1024;
const MOST_FOUND = 20;
const BUFFER = 'buffer' as BufferEncoding;

/**
 * Paths below a directory, bytes as latin1, that hold one of the values in any form: in a file, a symlink's target or a
 * name. At most 20.
 */
export async function filesWithSecrets(directory: string, values: readonly string[]): Promise<string[]> {
  const patterns = new SecretPatterns(values);
  const holds = async (source: Uint8Array | AsyncIterable<Uint8Array>): Promise<boolean> =>
    (await findSecrets(source, patterns)).length > 0;
  const found: string[] = [];
  const look = async (path: string): Promise<void> => {
    const host = Buffer.concat([Buffer.from(directory), Buffer.from(path, 'latin1')]);
    for await (const entry of await opendir(host, { encoding: BUFFER })) {
      if (found.length >= MOST_FOUND) return;
      const name = entry.name as unknown as Buffer;
      const child = `${path}/${name.toString('latin1')}`;
      const file = Buffer.concat([host, Buffer.from('/'), name]);
      if (
        (await holds(name)) ||
        (entry.isSymbolicLink() && (await holds(await readlink(file, { encoding: 'buffer' })))) ||
        (entry.isFile() && (await holds(readRegular(file))))
      )
        found.push(child.slice(1));
      else if (entry.isDirectory()) await look(child);
    }
  };
  if (!patterns.isEmpty) await look('');
  return found;
}

async function* readRegular(path: Buffer): AsyncGenerator<Buffer> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    for (;;) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}
