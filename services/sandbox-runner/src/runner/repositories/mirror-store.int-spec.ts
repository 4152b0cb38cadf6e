import { execFileSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { useTemporaryDirectories } from '@heddle/testing';
import { LocalGitStore } from '../../testing/local-git-store.js';
import { MirrorStore } from './mirror-store.js';

const temporary = useTemporaryDirectories();

it('a mirror is whole for a commit only while it holds no base beside its history', async () => {
  const root = await temporary('mirror');
  const work = join(root, 'work');
  await mkdir(work);
  const git = (...args: string[]): string => execFileSync('git', args, { cwd: work, encoding: 'utf8' }).trim();
  const commit = (...parents: string[]): string => {
    const options = parents.flatMap((parent) => ['-p', parent]);
    const tree = git('hash-object', '-w', '-t', 'tree', '/dev/null');
    const identity = ['-c', 'user.name=t', '-c', 'user.email=t@example.com'];
    return git(...identity, 'commit-tree', ...options, '-m', `after ${parents.join()}`, tree);
  };
  git('init', '-q');
  const first = commit();
  const second = commit(first);
  const third = commit(second);
  const store = await LocalGitStore.at(root);
  await store.importFrom(join(work, '.git'), third);
  const mirrors = new MirrorStore(join(root, 'mirrors'), store);
  const isWhole = async (id: string): Promise<boolean> => (await mirrors.ensure('r', id)).isWholeMirror;
  expect(await isWhole(first)).toBe(true);
  expect(await isWhole(second)).toBe(true);
  expect(await isWhole(third)).toBe(true);
  expect(await isWhole(second)).toBe(false);
});
