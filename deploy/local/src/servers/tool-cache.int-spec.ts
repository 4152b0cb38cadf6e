import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../processes/run-command.js';
import { useTemporaryDirectories } from '../spec-support/temporary.js';
import { downloadPinned } from './download.js';
import { ToolCache } from './tool-cache.js';

const quiet = (): void => undefined;

describe('the cache of servers', () => {
  const temporary = useTemporaryDirectories();

  it('makes an entry once, however many ask at the same time', async () => {
    const home = await temporary();
    let made = 0;
    const make = async (directory: string): Promise<void> => {
      made += 1;
      await writeFile(join(directory, 'server'), 'program');
    };
    const paths = await Promise.all(
      Array.from({ length: 8 }, () => new ToolCache(home, quiet).obtain('server-1', 'server', make)),
    );
    expect(made).toBe(1);
    expect(new Set(paths).size).toBe(1);
    expect((await stat(paths[0] ?? '')).mode & 0o777).toBe(0o755);
  });

  it('keeps nothing of an entry whose making failed, and makes it at the next call', async () => {
    const home = await temporary();
    const cache = new ToolCache(home, quiet);
    const fails = async (directory: string): Promise<void> => {
      await writeFile(join(directory, 'server'), 'half');
      throw new Error('cut off');
    };
    // As one that was killed in the middle leaves it.
    await mkdir(join(home, 'servers', '.server-1-abc'), { recursive: true });
    await expect(cache.obtain('server-1', 'server', fails)).rejects.toThrow('cut off');
    expect(cache.find('server-1', 'server')).toBeUndefined();
    expect(await readdir(join(home, 'servers'))).toEqual(['server-1.lock']);
    const path = await cache.obtain('server-1', 'server', (directory) => writeFile(join(directory, 'server'), 'whole'));
    expect(await readFile(path, 'utf8')).toBe('whole');
  });
});

describe('a pinned download', () => {
  const temporary = useTemporaryDirectories();

  it('is unpacked when its checksum is the pinned one, and refused otherwise', async () => {
    const home = await temporary();
    const archive = join(home, 'release.tar.gz');
    await mkdir(join(home, 'release'));
    await writeFile(join(home, 'release', 'server'), 'program');
    await runCommand('tar', ['--create', '--gzip', '--file', archive, '--directory', home, 'release/server']);
    const fetchTo = (_url: string, file: string): Promise<void> => copyFile(archive, file);
    const sha256 = createHash('sha256')
      .update(await readFile(archive))
      .digest('hex');
    const pin = { version: '1', url: 'https://example.com/release.tar.gz', sha256, member: 'release/server' };

    const good = await temporary();
    await downloadPinned(pin, good, fetchTo);
    expect(await readFile(join(good, 'server'), 'utf8')).toBe('program');

    const bad = await temporary();
    const other = { ...pin, sha256: '0'.repeat(64) };
    await expect(downloadPinned(other, bad, fetchTo)).rejects.toMatchObject({ reason: 'CHECKSUM_MISMATCH' });
    expect(await readdir(bad)).not.toContain('server');
  });
});
