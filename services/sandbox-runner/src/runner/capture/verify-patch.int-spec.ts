import { execFileSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { prepareIndex } from '@heddle/git';
import { useTemporaryDirectories } from '@heddle/testing';
import { verifyPatch } from './verify-patch.js';

const temporary = useTemporaryDirectories();

/** Trees of one repository, by number, and what proves that one follows from another. */
async function proof(): Promise<(from: number, to: number, indexOf?: number) => Promise<string[]>> {
  const directory = await temporary('patch');
  const gitDir = join(directory, '.git');
  const trees: string[] = [];
  const git = (script: string): string =>
    execFileSync('/bin/bash', ['-ec', script], { cwd: directory }).toString().trim();
  git('git init -q');
  for (const script of [
    'printf "a\\r\\nb" > f; head -c 3000 /dev/urandom > bin; mkdir d; echo 1 > d/x; ln -s f l',
    `echo more >> f; head -c 3000 /dev/urandom > bin; rm -r d; ln -s f d; rm l; mkdir l; echo 1 > $'l/\\xff\\n"x'; chmod +x f`,
    'echo other > f',
    'printf "a\\r\\nbmore\\n" > f; echo > beside',
  ])
    trees.push(git(`${script}; git add -A >&2; git write-tree`));
  await mkdir(join(directory, 'scratch'));
  return async (from, to, indexOf = from) => {
    const index = join(directory, 'scratch', 'base');
    await prepareIndex({ gitDir }, trees[indexOf] ?? '', index);
    const base = { tree: trees[from] ?? '', index };
    const work = { gitDir, indexFile: index, workTree: directory };
    const scratch = join(directory, 'scratch');
    const notices = await verifyPatch({ base, tree: trees[to] ?? '', bytes: 0, directory: scratch, git: work });
    return notices.map(({ message }) => message);
  };
}

describe('the patch of a change', () => {
  it('gives the captured tree over the base, whatever changed', async () => {
    const prove = await proof();
    for (const [from, to] of [
      [0, 1],
      [1, 0],
      [0, 2],
      [2, 0],
    ] as const)
      expect(await prove(from, to)).toEqual([]);
  });

  it('is told of where it does not', async () => {
    const prove = await proof();
    expect(await prove(0, 1, 1)).toEqual([expect.stringContaining("can't be applied")]);
    // It fits there too, and makes something else.
    expect(await prove(1, 2, 3)).toEqual([expect.stringContaining('another tree')]);
  });
});
