import { execFileSync } from 'node:child_process';
import { open, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { useTemporaryDirectories } from '@heddle/testing';
import { withLoopDevice } from '../disk/loop-device.js';
import { loopsBelow } from './loop-devices.js';

const temporary = useTemporaryDirectories();
const ROUNDS = 60;

(process.getuid?.() === 0 ? it : it.skip)('are listed while one after the other is let go', async () => {
  const directory = await temporary('loops');
  const path = join(directory, 'disk');
  await writeFile(path, '');
  await truncate(path, 1 << 20);
  const file = await open(path, 'r+');
  let seen = 0;
  const over = new AbortController();
  const looking = (async () => {
    while (!over.signal.aborted) seen += (await loopsBelow(directory)).length;
  })();
  try {
    for (let round = 0; round < ROUNDS; round++)
      await withLoopDevice(file.fd, 4096, async () => {
        expect(await loopsBelow(directory)).toMatchObject([{ backingFile: path, goesByItself: true }]);
      });
  } finally {
    over.abort();
    await looking.finally(() => file.close());
  }
  expect(seen).toBeGreaterThan(0);
  const other = execFileSync('/sbin/losetup', ['--find', '--show', path], { encoding: 'utf8' }).trim();
  try {
    expect(await loopsBelow(directory)).toMatchObject([{ goesByItself: false }]);
  } finally {
    execFileSync('/sbin/losetup', ['-d', other]);
  }
});
