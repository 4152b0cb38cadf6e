import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { useTemporaryDirectories } from '@heddle/testing';
import { stageChanges } from './stage-changes.js';

const temporary = useTemporaryDirectories();

/** Stages `dir/file` of a box in which somebody else was quick after it was listed. */
async function stageAfter(swap: (upper: string, outside: string) => Promise<void>): Promise<string> {
  const root = await temporary('stage');
  const [upper, outside, stage] = [join(root, 'upper'), join(root, 'outside'), join(root, 'stage')];
  for (const path of [join(upper, 'dir'), outside, stage]) await mkdir(path, { recursive: true });
  await writeFile(join(upper, 'dir', 'file'), 'listed');
  await writeFile(join(outside, 'file'), 'secret');
  await swap(upper, outside);
  const source = Buffer.from(join(upper, 'dir', 'file'));
  const change = { kind: 'file', path: Buffer.from('dir/file'), source, executable: false, bytes: 6 } as const;
  const upperOptions = { directory: upper, mode: 'copy' } as const;
  await stageChanges([change], { directory: stage, owner: undefined, upper: upperOptions }).catch(
    async (error: unknown) => {
      expect(await readdir(join(stage, 'dir'))).toEqual([]);
      throw error;
    },
  );
  return readFile(join(stage, 'dir', 'file'), 'utf8');
}

describe('staging the files of a box that may go on', () => {
  it('copies what was listed', async () => {
    expect(await stageAfter(() => Promise.resolve())).toBe('listed');
  });

  it.each<[string, (upper: string, outside: string) => Promise<void>]>([
    [
      'a symlink',
      async (upper, outside) => {
        await rename(join(upper, 'dir', 'file'), join(upper, 'old'));
        await symlink(join(outside, 'file'), join(upper, 'dir', 'file'));
      },
    ],
    [
      'a file below a symlink',
      async (upper, outside) => {
        await rename(join(upper, 'dir'), join(upper, 'old'));
        await symlink(outside, join(upper, 'dir'));
      },
    ],
    [
      'a FIFO',
      async (upper) => {
        await rename(join(upper, 'dir', 'file'), join(upper, 'old'));
        execFileSync('mkfifo', [join(upper, 'dir', 'file')]);
      },
    ],
    ['a larger file', (upper) => writeFile(join(upper, 'dir', 'file'), 'listed and more')],
    ['nothing', (upper) => rename(join(upper, 'dir'), join(upper, 'old'))],
  ])('never reads %s that took its place', async (_what, swap) => {
    await expect(stageAfter(swap)).rejects.toMatchObject({ reason: 'SANDBOX_NOT_FROZEN' });
  });
});
