import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { useTemporaryDirectories } from '@heddle/testing';
import { filesWithSecrets } from './secret-scan.js';

const temporary = useTemporaryDirectories();
const SECRET = 's3cr?t/+value~';

async function found(content: string | Buffer, values = [SECRET]): Promise<string[]> {
  const directory = await temporary('scan');
  await mkdir(join(directory, 'deep'));
  await writeFile(join(directory, 'deep', 'file'), content);
  return filesWithSecrets(directory, values);
}

describe('files that hold a secret', () => {
  const encoded = (text: string, encoding: BufferEncoding = 'base64'): string => Buffer.from(text).toString(encoding);
  it.each([
    ['as it is', `//registry/:_authToken=${SECRET}\n`],
    ['in base64', encoded(SECRET)],
    ['in base64 of a longer text', encoded(`user:${SECRET}:more`)],
    ['in base64 of another longer text', encoded(`x:${SECRET}`)],
    ['in base64 of a third one', encoded(`xy:${SECRET}yz`)],
    ['in base64 for URLs', encoded(`name:${SECRET}`, 'base64url')],
    ['URL-encoded', `https://u:${encodeURIComponent(SECRET)}@host`],
    ['URL-encoded in small letters', `https://u:${encodeURIComponent(SECRET).toLowerCase()}@host`],
    ['over the edge of a piece', Buffer.concat([Buffer.alloc(1024 * 1024 - 5), Buffer.from(SECRET)])],
    ['after several pieces', Buffer.concat([Buffer.alloc(3 * 1024 * 1024), Buffer.from(SECRET)])],
  ])('%s', async (_, content) => {
    expect(await found(content)).toEqual(['deep/file']);
  });

  it('but not others', async () => {
    expect(await found(SECRET.slice(1))).toEqual([]);
    expect(await found(encoded(SECRET.slice(2)))).toEqual([]);
    expect(await found('short is short', ['short'])).toEqual([]);
    expect(await found('anything', [])).toEqual([]);
  });

  it('in names and in targets of links', async () => {
    const directory = await temporary('names');
    const value = 'plain-secret';
    await writeFile(join(directory, `cache-${value}`), '');
    await symlink(`/nowhere/${value}`, join(directory, 'link'));
    await symlink('/etc/passwd', join(directory, 'other'));
    expect((await filesWithSecrets(directory, [value])).sort()).toEqual([`cache-${value}`, 'link']);
  });
});
