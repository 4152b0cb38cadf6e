import { mkdir, readFile, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { useTemporaryDirectories } from '@heddle/testing';
import { UidAllocator } from './uid-allocator.js';

const temporary = useTemporaryDirectories();
const isRoot = process.getuid?.() === 0;

(isRoot ? describe : describe.skip)('the uids of repositories', () => {
  it('are given to nobody else by the next process', async () => {
    const directory = await temporary('uids');
    const uids = new UidAllocator(directory);
    const [a, b, again] = await Promise.all(['a', 'b', 'a'].map((id) => uids.uidOf(id)));
    expect([again, b]).toEqual([a, (a ?? 0) + 1]);
    const next = new UidAllocator(directory);
    expect([await next.uidOf('c'), await next.uidOf('b')]).toEqual([(a ?? 0) + 2, b]);
  });

  it('are among those that a user namespace has', async () => {
    const directory = await temporary('uids');
    const uid = await new UidAllocator(directory, { first: 1, count: 65_536 }).uidOf('a');
    expect(uid).toBeGreaterThan(0);
    // The last of the ranges of 256 ends with the last id, which is 65,536.
    expect(uid).toBeLessThanOrEqual(65_536 - 255);
  });

  it('are given to nobody while they can not be saved, and to everybody once they can', async () => {
    const directory = await temporary('uids');
    const uids = new UidAllocator(directory);
    await mkdir(join(directory, 'uids.json.new'));
    await expect(uids.uidOf('a')).rejects.toThrow('EISDIR');
    await expect(uids.uidOf('a')).rejects.toThrow('EISDIR');
    await rmdir(join(directory, 'uids.json.new'));
    const uid = await uids.uidOf('a');
    expect(JSON.parse(await readFile(join(directory, 'uids.json'), 'utf8'))).toEqual({ a: uid });
  });
});
