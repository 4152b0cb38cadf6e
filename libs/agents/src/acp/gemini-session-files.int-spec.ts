import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { useTemporaryDirectories } from '@heddle/testing';
import { keepSessionFiles } from './bridge/gemini-session-files.js';

const temporary = useTemporaryDirectories();
const ID = 'd4e2303f-e838-4323-9be6-9e3a11525990';
const OWN = 'session-2026-11-27T16-30-d4e2303f.jsonl';
const KEPT = 'session-2026-11-27T16-30-kept-d4e2303f.jsonl';
const sameMinute = new Date('2026-11-27T16:30:59Z');

describe('the file of a session that is to be loaded', () => {
  let home: string;
  let chats: string;
  beforeEach(async () => {
    home = await temporary('home');
    chats = join(home, '.gemini/tmp/workspace/chats');
    await mkdir(chats, { recursive: true });
    await writeFile(join(chats, OWN), 'said');
  });

  it('has another name in the minute in which it began, and none is put over it', async () => {
    keepSessionFiles(home, ID, sameMinute);
    await writeFile(join(chats, OWN), 'begun to load it');
    keepSessionFiles(home, ID, sameMinute);
    expect(await readFile(join(chats, KEPT), 'utf8')).toBe('said');
    expect((await readdir(chats)).sort()).toEqual([OWN, KEPT].sort());
  });

  it('stays as it is in any other minute, as do those of others', async () => {
    keepSessionFiles(home, ID, new Date('2026-11-27T16:31:00Z'));
    keepSessionFiles(home, '00000000', sameMinute);
    keepSessionFiles(join(home, 'none'), ID, sameMinute);
    expect(await readdir(chats)).toEqual([OWN]);
  });
});
