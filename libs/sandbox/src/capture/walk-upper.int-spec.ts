import { execFileSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { useTemporaryDirectories } from '@heddle/testing';
import { boxPaths, createBoxDirectories } from '../workspace/box-paths.js';
import { OverlayFileSystem } from '../workspace/overlay.file-system.js';
import type { CapturedChanges } from './tree-change.js';
import { walkClone } from './walk-clone.js';
import { walkUpper, type WalkLayer, type WalkUpperOptions } from './walk-upper.js';

const temporary = useTemporaryDirectories();
const isRoot = process.getuid?.() === 0;

const BASE =
  'mkdir -p a/d a/ignored mod b/mod; echo 1 > a/x; echo 2 > a/d/z; echo 3 > a/ignored/tracked; echo 4 > b/y; echo 5 > c; printf "ignored/\\n*.log\\n" > .gitignore';
const SUBMODULES = ['mod', 'b/mod'];

interface Walked {
  readonly upper: CapturedChanges;
  readonly copy: CapturedChanges;
}

interface Played {
  /** Set-up scripts, the first one lowest, each over what is there by then. */
  readonly setUps?: readonly string[];
  readonly script: string;
  readonly more?: Partial<WalkUpperOptions>;
}

/** What a script changed, by the upper layer alone, and by a full copy. */
async function walkAfter({ setUps = [], script, more = {} }: Played): Promise<Walked> {
  const root = await temporary('walk');
  const base = join(root, 'base');
  await mkdir(base);
  execFileSync('/bin/bash', ['-ec', BASE], { cwd: base });
  let layers: WalkLayer[] = [];
  const overlay = new OverlayFileSystem();
  const inBox = async <T>(name: string, commands: string, work: (upper: string, merged: string) => T): Promise<T> => {
    const paths = boxPaths(join(root, name));
    await createBoxDirectories(paths, 0);
    const lowers = [...layers, { path: base }].map(({ path }) => ({ path, removed: [] }));
    await overlay.mount(paths, lowers);
    try {
      execFileSync('/bin/bash', ['-ec', commands], { cwd: paths.merged });
      return await work(paths.upper, paths.merged);
    } finally {
      await overlay.unmount(paths);
    }
  };
  for (const [index, setUp] of setUps.entries()) {
    const path = await inBox(`set-up-${String(index)}`, setUp, (upper) => upper);
    layers = [{ path, tracked: false }, ...layers];
  }
  return inBox('box', script, async (upper, merged) => {
    const options = { base, layers, submodules: SUBMODULES, countIgnored: true, ...more };
    return {
      upper: await walkUpper({ ...options, upper, attributePrefix: 'trusted.overlay.' }),
      copy: await walkClone({ ...options, copy: merged }),
    };
  });
}

function shown({ changes }: CapturedChanges): string[] {
  return changes.map(({ kind, path }) => `${kind === 'remove' ? '-' : '+'}${path.toString('latin1')}`).sort();
}

function told({ notices }: CapturedChanges): string[] {
  return notices.map(({ reason, path }) => `${reason} ${path.toString('latin1')}`);
}

/** The changes that both walks find. */
async function changesOf(played: Played): Promise<string[]> {
  const { upper, copy } = await walkAfter(played);
  expect(shown(copy)).toEqual(shown(upper));
  return shown(upper);
}

(isRoot ? describe : describe.skip)('what a box changed', () => {
  it.each<[string, string, string[]]>([
    ['a renamed directory', 'mv a e', ['+e/d/z', '+e/x', '-a/d/z', '-a/ignored/tracked', '-a/x']],
    [
      'one renamed within a renamed one',
      'mv a e; mv e/d e/f',
      ['+e/f/z', '+e/x', '-a/d/z', '-a/ignored/tracked', '-a/x'],
    ],
    ['one that left a renamed one', 'mv a e; mv e/d g', ['+e/x', '+g/z', '-a/d/z', '-a/ignored/tracked', '-a/x']],
    ['one that came back', 'mv a e; echo new > e/new; mv e a', ['+a/new']],
    ['one that was made again', 'rm -r a; mkdir a; echo 1 > a/n', ['+a/n', '-a/d/z', '-a/ignored/tracked', '-a/x']],
    ['a directory that became a file', 'rm -r b; echo 1 > b', ['+b', '-b/mod', '-b/y']],
    ['a file that became a directory', 'rm c; mkdir c; echo 1 > c/c', ['+c/c', '-c']],
    [
      'a tracked file in an ignored directory',
      'echo 9 > a/ignored/tracked; echo 9 > a/ignored/x',
      ['+a/ignored/tracked'],
    ],
  ])('of %s', async (_what, script, expected) => {
    const { upper } = await walkAfter({ script });
    expect(shown(upper)).toEqual(expected);
  });

  it('is no part of what a set-up left, unless the agent changed or moved it', async () => {
    const setUps = [
      'mkdir -p gen/deep lib/l; echo 1 > gen/a; echo 2 > gen/deep/b; echo 3 > lib/l/m',
      'mv lib/l lib/k; mv gen/deep gen/low',
    ];
    expect(await changesOf({ setUps, script: 'touch gen/a; chmod g+w gen/low/b' })).toEqual([]);
    expect(await changesOf({ setUps, script: 'rm gen/a; echo 2 > gen/low/b' })).toEqual([]);
    expect(await changesOf({ setUps, script: 'echo new > gen/a; chmod +x gen/low/b' })).toEqual([
      '+gen/a',
      '+gen/low/b',
    ]);
    // A redirect of the upper into a redirect of a lower, and beside it.
    expect(await changesOf({ setUps, script: 'mv gen/low low; mv lib/k a/k' })).toEqual(['+a/k/m', '+low/b']);
  });

  it('keeps a submodule that is still a directory, with a notice where it was touched', async () => {
    const touched = await walkAfter({ script: 'echo 1 > mod/x; rm -r b; mkdir -p b/mod; echo 1 > b/mod/x' });
    expect(shown(touched.upper)).toEqual(['-b/y']);
    expect(told(touched.upper)).toEqual(['SUBMODULE_CHANGED b/mod', 'SUBMODULE_CHANGED mod']);
    expect(shown(touched.copy)).toEqual(['-b/y']);
    expect(told(touched.copy)).toEqual(told(touched.upper));
    expect(await changesOf({ script: 'rmdir mod' })).toEqual(['-mod']);
    expect(await changesOf({ script: 'rmdir mod; echo 1 > mod' })).toEqual(['+mod']);
    const moved = await walkAfter({ script: 'mv b e' });
    expect(shown(moved.upper)).toEqual(['+e/y', '-b/mod', '-b/y']);
    expect(told(moved.upper)).toEqual(['SUBMODULE_CHANGED e/mod']);
  });

  it('leaves ignored files out and counts them', async () => {
    const script =
      'mkdir -p ignored/deep; for i in 1 2 3; do echo $i > ignored/deep/$i; done; echo x > x.log; echo x > x';
    const { upper, copy } = await walkAfter({ script });
    expect([shown(upper), upper.ignored]).toEqual([['+x'], 4]);
    expect([shown(copy), copy.ignored]).toEqual([['+x'], 4]);
    const quick = await walkAfter({ script, more: { countIgnored: false } });
    expect(quick.upper.ignored).toBe(2);
  });

  it('keeps the file of the base where the new one is too large, or nothing that git stores', async () => {
    const script =
      'mv a e; mv e a; truncate -s 3M c a/x; rm -r a/d; mkdir a/d; truncate -s 3M a/d/z; truncate -s 3M new';
    const { upper } = await walkAfter({ script, more: { maxFileBytes: 1024 * 1024 } });
    expect(shown(upper)).toEqual([]);
    expect(told(upper).sort()).toEqual(['a/d/z', 'a/x', 'c', 'new'].map((path) => `FILE_TOO_LARGE ${path}`));
  });

  it('counts notices that are too many to list', async () => {
    const { upper } = await walkAfter({ script: 'for i in $(seq 250); do ln -s / l$i; done; mkfifo z' });
    expect(upper.notices).toHaveLength(201);
    expect(upper.notices.at(-1)).toMatchObject({
      reason: 'NOTICES_CUT',
      message: 'not listed: 50 SYMLINK_LEAVES_TREE, 1 SPECIAL_FILE_SKIPPED',
    });
  });

  it.each(['metacopy', 'redirect'])(
    'is not taken from an upper with a mark that its mount does not make: %s',
    async (word) => {
      const root = await temporary('marks');
      const [upper, base] = [join(root, 'upper'), join(root, 'base')];
      for (const path of [join(upper, 'd'), join(base, 'd'), join(base, 'e')]) await mkdir(path, { recursive: true });
      const mark = `import os; os.setxattr('d', 'user.overlay.${word}', b'e')`;
      execFileSync('python3', ['-c', mark], { cwd: upper });
      const options = { upper, base, submodules: [] };
      await expect(walkUpper({ ...options, attributePrefix: 'user.overlay.' })).rejects.toMatchObject({
        reason: 'CAPTURE_FAILED',
      });
      // An agent can set it; the kernel does not look at it there.
      expect((await walkUpper({ ...options, attributePrefix: 'trusted.overlay.' })).changes).toEqual([]);
    },
  );
});
