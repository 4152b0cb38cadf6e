import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { useTemporaryDirectories } from '@heddle/testing';
import { FileKeyProvider } from './file-key-provider.js';

const run = promisify(execFile);
const temporary = useTemporaryDirectories();

describe('keys in a file', () => {
  let directory: string;
  let file: string;
  beforeEach(async () => {
    directory = join(await temporary('keys'), 'secrets');
    file = join(directory, 'secrets-key');
  });

  const dataKey = Buffer.alloc(32, 7);

  it('are made when the first is asked for, for their owner alone', async () => {
    const keys = new FileKeyProvider(file);
    expect(await keys.currentKeyId()).toBeUndefined();
    await expect(keys.wrap(dataKey)).rejects.toMatchObject({ reason: 'SECRETS_KEY_UNAVAILABLE' });
    const id = await keys.makeCurrent();
    expect(((await stat(file)).mode & 0o777).toString(8)).toBe('600');
    expect(((await stat(directory)).mode & 0o777).toString(8)).toBe('700');
    expect(await keys.unwrap(await keys.wrap(dataKey))).toEqual(dataKey);
    // Another process sees the same.
    expect(await new FileKeyProvider(file).currentKeyId()).toBe(id);
  });

  it('are one key where several make the first at once', async () => {
    const made = await Promise.all(Array.from({ length: 8 }, () => new FileKeyProvider(file).makeCurrent()));
    expect(new Set(made).size).toBe(1);
    expect(await readdir(directory)).toEqual(['secrets-key']);
  });

  it('open what earlier ones wrapped until they are forgotten', async () => {
    const keys = new FileKeyProvider(file);
    const first = await keys.makeCurrent();
    const wrapped = await keys.wrap(dataKey);
    const second = await keys.makeCurrent();
    expect([await keys.currentKeyId(), (await keys.wrap(dataKey)).keyId]).toEqual([second, second]);
    expect(await keys.forgetAllBut(new Set([first]))).toBe(0);
    expect(await keys.unwrap(wrapped)).toEqual(dataKey);
    expect(await keys.forgetAllBut(new Set())).toBe(1);
    await expect(keys.unwrap(wrapped)).rejects.toThrow(`There is no key ${first}`);
    expect(((await stat(file)).mode & 0o777).toString(8)).toBe('600');
  });

  it('take the line that the documentation makes', async () => {
    const documentation = await readFile(new URL('../../../../docs/operations.md', import.meta.url), 'utf8');
    const command = /`(echo "2027-01 [^`]+)`/.exec(documentation)?.[1] ?? '';
    const keys = new FileKeyProvider(file);
    const before = await keys.makeCurrent();
    const { stdout } = await run('bash', ['-c', command]);
    await writeFile(file, `${stdout}${await readFile(file, 'utf8')}`);
    expect(await keys.currentKeyId()).toBe('2027-01');
    expect(await keys.unwrap(await keys.wrap(dataKey))).toEqual(dataKey);
    expect(await keys.forgetAllBut(new Set([before]))).toBe(0);
  });

  it('open nothing under the name of another', async () => {
    const keys = new FileKeyProvider(file);
    await keys.makeCurrent();
    const { keyId, wrapped } = await keys.wrap(dataKey);
    const [line = ''] = (await readFile(file, 'utf8')).split('\n');
    await writeFile(file, `${line}\nother ${line.split(' ')[1] ?? ''}\n`);
    await expect(keys.unwrap({ keyId: 'other', wrapped })).rejects.toThrow('does not open it');
    expect(await keys.unwrap({ keyId, wrapped })).toEqual(dataKey);
  });

  it.each([
    ['', 'is empty'],
    ['only-an-id\n', 'has a line that is no key'],
    [`short ${Buffer.alloc(16, 1).toString('base64')}\n`, 'has a line that is no key'],
    [`a ${dataKey.toString('base64')}\na ${dataKey.toString('base64')}\n`, 'has an id twice'],
  ])('are refused with %j, without a word of it', async (text, why) => {
    await new FileKeyProvider(file).makeCurrent();
    await writeFile(file, text);
    const error: unknown = await new FileKeyProvider(file).currentKeyId().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ reason: 'SECRETS_KEY_UNAVAILABLE', message: expect.stringContaining(why) });
    expect(String(error)).not.toContain(dataKey.toString('base64'));
  });

  it('say where they could not be written', async () => {
    const elsewhere = new FileKeyProvider(join('/proc', 'secrets-key'));
    await expect(elsewhere.makeCurrent()).rejects.toMatchObject({
      reason: 'SECRETS_KEY_UNAVAILABLE',
      message: expect.stringContaining('cannot be written'),
    });
  });
});
