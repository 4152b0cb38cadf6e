import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { createLogger } from '@heddle/platform/logging';
import { useTemporaryDirectories } from '@heddle/testing';
import { LayerStore } from './layer-store.js';

const temporary = useTemporaryDirectories();

const OLD = 'a'.repeat(64);
const WANTED = 'b'.repeat(64);

it('a layer that a sandbox takes while another one is being removed stays', async () => {
  const directory = await temporary('layer-store');
  const sandbox = join(directory, 'sandboxes', 'attempt-a-1');
  await mkdir(sandbox, { recursive: true });
  const store = new LayerStore({
    directory: join(directory, 'layers'),
    budgetBytes: 0,
    sandboxes: [join(directory, 'sandboxes')],
    logger: createLogger('test', 'silent'),
  });
  await store.prepare();
  for (const key of [OLD, WANTED]) {
    const draft = await store.draft(key);
    for (const part of ['tree', 'home']) await mkdir(join(draft, part));
    // Its removal takes a while.
    const files = key === OLD ? 2_000 : 1;
    await Promise.all(Array.from({ length: files }, (_, index) => writeFile(join(draft, 'tree', String(index)), '')));
    await store.publish(draft, { key, tree: 't', commit: 'c', bytes: 1 }, {} as never);
  }
  const evicting = store.evict();
  while (existsSync(join(directory, 'layers', 'store', OLD))) await new Promise((resolve) => setImmediate(resolve));
  const held = await store.hold(WANTED);
  await writeFile(join(sandbox, 'state'), `{"path":"/store/${WANTED}/tree"}\n`);
  held?.release();
  await evicting;
  expect(held?.layer.key).toBe(WANTED);
  expect(await readdir(join(directory, 'layers', 'store'))).toEqual([WANTED]);
});
