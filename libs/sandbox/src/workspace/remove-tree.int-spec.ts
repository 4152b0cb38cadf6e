import { execFileSync } from 'node:child_process';
import { access, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { useTemporaryDirectories } from '@heddle/testing';
import { mountFileSystem } from '../native/libc.js';
import { removeTree } from './remove-tree.js';

const temporary = useTemporaryDirectories();

describe('removing a directory of a sandbox', () => {
  it('does not stop where no absolute path reaches', async () => {
    const tree = join(await temporary('deep'), 'tree');
    await mkdir(tree);
    const nest = 'n=$(printf "%0255d" 0); for i in $(seq 20); do mkdir $n; cd -P $n || exit 1; done';
    execFileSync('/bin/bash', ['-c', nest], { cwd: tree });
    await removeTree(tree);
    await expect(access(tree)).rejects.toThrow('ENOENT');
  });

  (process.getuid?.() === 0 ? it : it.skip)('takes away what is still mounted below it', async () => {
    const tree = join(await temporary('mounted'), 'tree');
    await mkdir(join(tree, 'box', 'merged'), { recursive: true });
    mountFileSystem('tmpfs', 'heddle', join(tree, 'box', 'merged'), 0, '');
    await removeTree(tree);
    await expect(access(tree)).rejects.toThrow('ENOENT');
  });

  it('is content where there is nothing', async () => {
    await removeTree(join(await temporary('nothing'), 'tree'));
  });
});
