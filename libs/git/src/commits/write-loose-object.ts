import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { deflate } from 'node:zlib';
import type { ObjectFormat } from '../names/object-id.js';

const compress = promisify(deflate);

/**
 * Stores a small object as git would, without the start of a process: a landing makes one commit per member of its chain.
 * On disk before it returns. @returns its id
 */
export async function writeLooseObject(
  objectDirectory: string,
  format: ObjectFormat,
  type: 'commit' | 'blob',
  body: Buffer,
): Promise<string> {
  const bytes = Buffer.concat([Buffer.from(`${type} ${String(body.length)}\0`), body]);
  const id = createHash(format).update(bytes).digest('hex');
  const directory = join(objectDirectory, id.slice(0, 2));
  const path = join(directory, id.slice(2));
  if (await exists(path)) return id;
  await mkdir(directory, { recursive: true });
  // The prefix is one that git's own housekeeping removes when it was left behind.
  const draft = join(directory, `tmp_obj_${randomBytes(6).toString('hex')}`);
  const file = await open(draft, 'wx', 0o444);
  try {
    await file.writeFile(await compress(bytes));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
  return id;
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
