import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { useTemporaryDirectories } from '@heddle/testing';
import { boxPaths, createBoxDirectories } from '../workspace/box-paths.js';
import { DirectoryDisk } from './directory.disk.js';

const temporary = useTemporaryDirectories();
const LIMITS = { diskBytes: 1024 * 1024, diskInodes: 40 };

it('a directory of the host is counted, with the home and a copied work tree, and known to be over', async () => {
  const disk = new DirectoryDisk('no loop devices');
  const paths = boxPaths(await temporary('disk'));
  await disk.open(paths);
  await createBoxDirectories(paths, process.getuid?.() ?? 0);
  const empty = await disk.usage(paths, LIMITS);
  expect(empty).toMatchObject({ full: false, enforced: false });
  await writeFile(join(paths.merged, 'copied'), Buffer.alloc(600 * 1024, 1));
  expect(await disk.usage(paths, LIMITS)).toMatchObject({ full: false, inodes: (empty?.inodes ?? 0) + 1 });
  await writeFile(join(paths.home, 'x'), Buffer.alloc(600 * 1024, 1));
  expect(await disk.usage(paths, LIMITS)).toMatchObject({ full: true });
  for (let index = 0; index < 40; index += 1) await mkdir(join(paths.upper, String(index)));
  expect(await disk.usage(paths, { ...LIMITS, diskBytes: 1e9 })).toMatchObject({ full: true });
  expect(await disk.usage(paths, {})).toBeUndefined();
});
