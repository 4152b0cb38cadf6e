import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { useTemporaryDirectories } from '@heddle/testing';
import { BaseStore } from './base-store.js';
import type { MirrorStore } from './mirror-store.js';
import { UidAllocator } from './uid-allocator.js';

const temporary = useTemporaryDirectories();

/** A store with check-outs `c00` (unused for longest) to `c<n - 1>` of one repository. */
async function storeOf(count: number): Promise<{ readonly store: BaseStore; names(): Promise<string[]> }> {
  const directory = await temporary('bases');
  for (let index = 0; index < count; index++) {
    const commit = `c${String(index).padStart(2, '0')}`;
    const path = join(directory, 'r', commit);
    await mkdir(path, { recursive: true });
    await writeFile(join(path, 'base.json'), JSON.stringify({ commit, submodules: [] }));
    await utimes(path, index, index);
  }
  const mirrors = { ensure: () => Promise.reject(new Error('nothing is fetched')) } as unknown as MirrorStore;
  return {
    store: new BaseStore(directory, mirrors, new UidAllocator(directory)),
    names: async () => (await readdir(join(directory, 'r'))).sort(),
  };
}

describe('base check-outs', () => {
  it('go by when they were last used, not by when they were made', async () => {
    const { store, names } = await storeOf(18);
    await store.acquire('r', 'c00');
    store.release('r', 'c00');
    await store.evict();
    const left = await names();
    expect(left).toHaveLength(16);
    expect(left).toContain('c00');
    expect(left).not.toContain('c01');
  });

  it('are never given out while they go', async () => {
    const { store, names } = await storeOf(40);
    const evicting = Promise.all([store.evict(), store.evict()]);
    const asked = await Promise.allSettled(Array.from({ length: 24 }, (_, index) => store.acquire('r', nameOf(index))));
    await evicting;
    const left = await names();
    for (const [index, answer] of asked.entries())
      if (answer.status === 'fulfilled') expect(left).toContain(nameOf(index));
  });
});

function nameOf(index: number): string {
  return `c${String(index).padStart(2, '0')}`;
}
