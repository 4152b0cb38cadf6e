import { existsSync } from 'node:fs';
import { lstat, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { boxPaths, makeWhiteout, type BoxPaths, type BoxSpec } from '@heddle/sandbox';
import { useTemporaryDirectories } from '@heddle/testing';
import { takeLayer, type TakeLayerOptions, type TakenLayer } from './take-layer.js';
import { TrackedTree } from './tracked-tree.js';

const temporary = useTemporaryDirectories();
const owner = process.getuid?.() ?? 0;

const tracked = new TrackedTree(
  't',
  new Map(['src/a', 'src/deep/b', 'README', 'link'].map((path) => [path, '100644 x'] as const)),
);

/** Of files that a box left: `<directory>/<path>`; a name that ends with `~` is a whiteout, with `@` a link. */
async function taken(
  files: readonly string[],
  how: Pick<TakeLayerOptions, 'attributePrefix' | 'keepsMarks'>,
): Promise<TakenLayer & { readonly has: (path: string) => boolean; readonly into: string }> {
  const directory = await temporary('take');
  const paths = boxPaths(join(directory, 'box'));
  for (const path of [paths.upper, paths.home, paths.merged]) await mkdir(path, { recursive: true });
  for (const name of files) {
    const [place = '', ...rest] = name.replace(/[~@]$/, '').split('/');
    const path = join(placeOf(paths, place), ...rest);
    await mkdir(dirname(path), { recursive: true });
    if (name.endsWith('~')) makeWhiteout(Buffer.from(path));
    else if (name.endsWith('@')) await symlink('/etc/passwd', path);
    else await writeFile(path, 'content');
  }
  const into = join(directory, 'into');
  await mkdir(into);
  const box: BoxSpec = { name: 'b', paths, layers: [], uid: owner, limits: {} };
  const result = await takeLayer({ box, tracked, owner, into, ...how });
  return { ...result, into, has: (path) => existsSync(join(into, path)) };
}

function placeOf(paths: BoxPaths, name: string): string {
  return name === 'merged' ? paths.merged : name === 'home' ? paths.home : paths.upper;
}

describe('what is taken of a box', () => {
  it('is of a full copy only what git does not track', async () => {
    const files = ['src/a', 'src/deep/b', 'src/made', 'README', 'link@', 'deps/x', 'deps/y@'];
    const layer = await taken([...files.map((file) => `merged/${file}`), 'merged/.git/config', 'home/.cache/kept'], {
      attributePrefix: undefined,
      keepsMarks: false,
    });
    expect((await readdir(join(layer.into, 'tree'))).sort()).toEqual(['deps', 'src']);
    expect(await readdir(join(layer.into, 'tree', 'src'))).toEqual(['made']);
    expect((await lstat(join(layer.into, 'tree', 'deps', 'y'))).isSymbolicLink()).toBe(true);
    expect(layer.has('home/.cache/kept')).toBe(true);
    // Every tracked file is there: that says nothing about what a set-up did.
    expect(layer.left).toEqual([]);
  });

  it('hides nothing where it is for other boxes', async () => {
    const layer = await taken(['upper/src/a~', 'upper/deps/old~', 'upper/deps/new', 'home/x~'], {
      attributePrefix: 'trusted.overlay.',
      keepsMarks: false,
    });
    expect(await readdir(join(layer.into, 'tree'))).toEqual(['deps']);
    expect(await readdir(join(layer.into, 'tree', 'deps'))).toEqual(['new']);
    expect(layer.has('home/x')).toBe(false);
    expect(layer.left).toEqual(['src/a']);
  });

  it('hides what it hid of a layer, and never what git tracks, where it stays above that layer', async () => {
    const layer = await taken(['upper/src/a~', 'upper/deps/old~', 'upper/README', 'home/x~'], {
      attributePrefix: 'trusted.overlay.',
      keepsMarks: true,
    });
    expect(await readdir(join(layer.into, 'tree'))).toEqual(['deps']);
    expect(layer.has('tree/deps/old')).toBe(true);
    expect(layer.has('home/x')).toBe(true);
    expect([...layer.left].sort()).toEqual(['README', 'src/a']);
  });

  it('takes a directory that stands where git tracks a file', async () => {
    const layer = await taken(['upper/README/x', 'upper/src', 'upper/kept'], {
      attributePrefix: 'trusted.overlay.',
      keepsMarks: false,
    });
    expect(await readdir(join(layer.into, 'tree'))).toEqual(['kept']);
    expect([...layer.left].sort()).toEqual(['README', 'src']);
  });
});
