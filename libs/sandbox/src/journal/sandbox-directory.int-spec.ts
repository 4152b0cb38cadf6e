import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { useTemporaryDirectories } from '@heddle/testing';
import { listDoomed, listSandboxDirectories, SandboxDirectory } from './sandbox-directory.js';

const temporary = useTemporaryDirectories();

describe('the directory of a sandbox', () => {
  it('is one once its specification is there, which a loss of power may have emptied', async () => {
    const directory = new SandboxDirectory(join(await temporary('directory'), 's'));
    expect(await directory.specification()).toBeUndefined();
    await mkdir(directory.path);
    await writeFile(join(directory.path, 'spec.json'), '');
    expect(await directory.specification()).toBeUndefined();
    await directory.create({ a: 1 });
    expect(await directory.specification()).toEqual({ a: 1 });
  });

  it('is out of sight as soon as its removal begins', async () => {
    const parent = await temporary('directory');
    const directory = new SandboxDirectory(join(parent, 's'));
    await directory.create({});
    const doomed = await directory.doom();
    expect(await listSandboxDirectories(parent)).toEqual([]);
    expect(await listDoomed(parent)).toEqual([doomed]);
    await directory.remove();
    expect(await readdir(parent)).toEqual([]);
  });
});
