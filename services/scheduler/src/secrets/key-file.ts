import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { types } from 'node:util';
import { HeddleError } from '@heddle/domain';
import { KEY_BYTES } from './aead.js';

export interface FileKey {
  readonly id: string;
  readonly key: Buffer;
}

const LINE = /^([A-Za-z0-9._-]{1,64}) ([A-Za-z0-9+/]{43}=)$/;

/**
 * The keys of a file, one a line: an id, a blank, 32 bytes in base64. The first is the current one.
 * @returns an empty list where there is no file
 * @throws HeddleError SECRETS_KEY_UNAVAILABLE; no message holds anything of a key
 */
export async function readKeyFile(file: string): Promise<FileKey[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw unavailable(`cannot be read (${codeOf(error)})`, error);
  }
  const keys = text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .map((line, index) => {
      const [, id, key] = LINE.exec(line) ?? [];
      if (id === undefined || key === undefined)
        throw unavailable(`has a line that is no key: the ${String(index + 1)}. of those that are not empty`);
      return { id, key: Buffer.from(key, 'base64') };
    });
  if (keys.length === 0) throw unavailable('is empty');
  if (new Set(keys.map(({ id }) => id)).size < keys.length) throw unavailable('has an id twice');
  return keys;
}

/**
 * Makes the file with its first key. Of several that do it at once, all go on with the same one.
 * @throws HeddleError SECRETS_KEY_UNAVAILABLE
 */
export async function createKeyFile(file: string): Promise<void> {
  await writing(
    file,
    async (draft) => {
      await link(draft, file).catch((error: unknown) => {
        if (codeOf(error) !== 'EEXIST') throw error;
      });
      await unlink(draft);
    },
    [newKey()],
  );
}

/** Replaces the file as a whole: after a crash it is the old one or the new one. @throws HeddleError SECRETS_KEY_UNAVAILABLE */
export function replaceKeyFile(file: string, keys: readonly FileKey[]): Promise<void> {
  return writing(file, (draft) => rename(draft, file), keys);
}

export function newKey(): FileKey {
  return { id: `key-${randomBytes(8).toString('hex')}`, key: randomBytes(KEY_BYTES) };
}

async function writing(
  file: string,
  publish: (draft: string) => Promise<void>,
  keys: readonly FileKey[],
): Promise<void> {
  const draft = `${file}.${randomBytes(6).toString('hex')}.new`;
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeDurably(draft, keys.map(({ id, key }) => `${id} ${key.toString('base64')}\n`).join(''));
    await publish(draft);
    await syncDirectory(dirname(file));
  } catch (error) {
    throw unavailable(`cannot be written (${codeOf(error)})`, error);
  }
}

async function writeDurably(file: string, text: string): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A secret must not be stored under a key whose file a power cut takes back. */
async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function unavailable(what: string, cause?: unknown): HeddleError {
  return new HeddleError(
    'SECRETS_KEY_UNAVAILABLE',
    `The key file of the secrets ${what}: see HEDDLE_SECRETS_KEY_FILE`,
    cause === undefined ? {} : { cause },
  );
}

function codeOf(error: unknown): string {
  return types.isNativeError(error) && 'code' in error ? String(error.code) : 'unknown error';
}
