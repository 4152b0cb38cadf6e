import type { Stats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { errnoOf } from '@heddle/sandbox';

export interface ConversationFile {
  /** Bytes as latin1, relative to the home. */
  readonly path: string;
  /** Absolute, of the host. */
  readonly source: Buffer;
}

export interface ConversationBounds {
  readonly maxBytes: number;
  readonly maxFiles: number;
}

/** What a store takes of one turn: conversations are text, and a store must not become an agent's disk. */
export const CONVERSATION_BOUNDS: ConversationBounds = { maxBytes: 128 * 1024 * 1024, maxFiles: 4_096 };

const MAX_DEPTH = 16;
/** Names that git stores everywhere and takes for no file of its own, when the files are written again. */
const PLAIN_NAME = /^(?!\.git)[\w .,:;@+=%#()[\]{}-]+$/i;

/**
 * The regular files below `places` of a home that an agent made and in which nothing runs any more. No link is followed, and
 * what is no file or directory is passed over. `TOO_LARGE` where there is more than the bounds: a part of a conversation is none.
 */
export async function conversationFiles(
  home: string,
  places: readonly string[],
  bounds = CONVERSATION_BOUNDS,
): Promise<readonly ConversationFile[] | 'TOO_LARGE'> {
  const found: ConversationFile[] = [];
  let bytes = 0;
  let entries = 0;

  const take = async (path: string, depth: number): Promise<boolean> => {
    const source = Buffer.from(`${home}/`);
    const at = Buffer.concat([source, Buffer.from(path, 'latin1')]);
    const stats = await lstatOrNothing(at);
    if (stats?.isFile() === true) {
      found.push({ path, source: at });
      bytes += stats.size;
      return bytes <= bounds.maxBytes && found.length <= bounds.maxFiles;
    }
    if (stats?.isDirectory() !== true || depth > MAX_DEPTH) return true;
    for (const name of (await readdir(at, { encoding: 'buffer' })).map((each) => each.toString('latin1')).sort()) {
      entries += 1;
      if (entries > 2 * bounds.maxFiles) return false;
      if (PLAIN_NAME.test(name) && !(await take(`${path}/${name}`, depth + 1))) return false;
    }
    return true;
  };

  for (const place of places) {
    if (!(await isReachedWithoutLinks(home, place))) continue;
    if (!(await take(place, 0))) return 'TOO_LARGE';
  }
  return found;
}

/** Directories all the way: an agent may have put a link to the host's files in the place of one. */
async function isReachedWithoutLinks(home: string, place: string): Promise<boolean> {
  const parents = place.split('/').slice(0, -1);
  for (let depth = 1; depth <= parents.length; depth++) {
    const stats = await lstatOrNothing(Buffer.from(`${home}/${parents.slice(0, depth).join('/')}`));
    if (stats?.isDirectory() !== true) return false;
  }
  return true;
}

async function lstatOrNothing(path: Buffer): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'].includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
}
