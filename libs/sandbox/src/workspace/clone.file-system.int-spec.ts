import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { useTemporaryDirectories } from '@heddle/testing';
import { boxPaths, createBoxDirectories } from './box-paths.js';
import { CloneFileSystem } from './clone.file-system.js';

const temporary = useTemporaryDirectories();

describe('a copy of the layers', () => {
  it('that was cut off is made anew', async () => {
    const directory = await temporary('clone');
    const [base, above] = [join(directory, 'base'), join(directory, 'above')];
    const layers = [above, base].map((path) => ({ path, removed: [] }));
    const paths = boxPaths(join(directory, 'box'));
    const uid = process.getuid?.() ?? 0;
    await mkdir(base);
    await writeFile(join(base, 'a'), 'a');
    await createBoxDirectories(paths, uid);
    const fileSystem = new CloneFileSystem('');
    await expect(fileSystem.mount(paths, layers, uid)).rejects.toMatchObject({ reason: 'SANDBOX_MOUNT_FAILED' });
    await mkdir(above);
    await writeFile(join(above, 'b'), 'b');
    await fileSystem.mount(paths, layers, uid);
    expect(await readdir(paths.merged)).toEqual(['a', 'b']);
    expect(await readdir(paths.root)).not.toContain('merged.new');
  });
});
