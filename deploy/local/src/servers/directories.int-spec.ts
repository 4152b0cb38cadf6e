import { describe, expect, it } from '@jest/globals';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { useTemporaryDirectories } from '../spec-support/temporary.js';
import { cacheDirectory, closedAncestor, defaultDataDirectory, makeReachable } from './directories.js';

const SOMEBODY = { name: 'somebody', uid: 65_533, gid: 65_533 };

describe('directories', () => {
  const temporary = useTemporaryDirectories();

  it('names the directory that keeps the servers out', async () => {
    const closed = join(await temporary(), 'closed');
    await mkdir(join(closed, 'inner'), { recursive: true });
    await chmod(closed, 0o700);
    expect(closedAncestor(join(closed, 'inner', 'later'), SOMEBODY)).toBe(closed);
    await expect(makeReachable(join(closed, 'inner'), SOMEBODY, 'HEDDLE_DATA_DIR')).rejects.toMatchObject({
      reason: 'DIRECTORY_UNREACHABLE',
      message: expect.stringContaining(closed),
    });
  });

  it.each(['/proc/heddle', '/proc/heddle/data', join('/etc/hostname', 'data')])(
    'says at once that %s cannot be made',
    async (path) => {
      await expect(makeReachable(path, undefined, 'HEDDLE_DATA_DIR')).rejects.toMatchObject({
        reason: 'DIRECTORY_UNREACHABLE',
        message: expect.stringContaining(path),
      });
    },
  );

  it('lets an owner into a private directory', async () => {
    const own = await temporary();
    await chmod(own, 0o700);
    expect(closedAncestor(own, { uid: process.getuid?.() ?? 0, gid: 65_533 })).toBeUndefined();
  });

  it('obeys the settings above all', () => {
    expect(cacheDirectory({ HEDDLE_CACHE_DIR: '/somewhere/cache', XDG_CACHE_HOME: '/x' })).toBe('/somewhere/cache');
    expect(defaultDataDirectory({ HEDDLE_DATA_DIR: '/somewhere/data' })).toBe('/somewhere/data');
  });
});
