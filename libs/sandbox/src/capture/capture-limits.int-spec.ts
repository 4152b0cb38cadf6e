import { execFileSync } from 'node:child_process';
import { link, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { useTemporaryDirectories } from '@heddle/testing';
import { listDirectory } from './host-files.js';
import type { CapturedChanges } from './tree-change.js';
import { walkClone } from './walk-clone.js';
import { walkUpper, type WalkUpperOptions } from './walk-upper.js';

const temporary = useTemporaryDirectories();

async function trees(): Promise<{ readonly upper: string; readonly base: string }> {
  const root = await temporary('limits');
  const [upper, base] = [join(root, 'upper'), join(root, 'base')];
  for (const path of [upper, base]) await mkdir(path);
  return { upper, base };
}

const WALKS: readonly [string, (at: Awaited<ReturnType<typeof trees>>, more?: object) => Promise<CapturedChanges>][] = [
  [
    'an upper layer',
    (at, more) =>
      walkUpper({ ...at, ...more, submodules: [], attributePrefix: 'user.overlay.' } satisfies WalkUpperOptions),
  ],
  ['a full copy', ({ upper, base }, more) => walkClone({ ...more, copy: upper, base, submodules: [] })],
];

describe.each(WALKS)('a walk of %s', (_what, walk) => {
  it('leaves out what lies deeper than any path can name, with a notice', async () => {
    const at = await trees();
    // Step by step, as an agent would: no call of it names the whole path.
    const dig = 'n=$(printf "d%.0s" $(seq 200)); for i in $(seq 30); do mkdir $n; cd $n; echo x > f; done';
    execFileSync('/bin/bash', ['-ec', dig], { cwd: at.upper });
    try {
      await writeFile(join(at.upper, 'near'), 'x');
      const { changes, notices } = await walk(at);
      expect(changes.map((change) => change.path.toString())).toContain('near');
      expect(Math.max(...changes.map((change) => change.path.length))).toBeLessThan(4096 - at.upper.length);
      expect(notices.map((notice) => notice.reason)).toEqual(expect.arrayContaining(['UNSTORABLE']));
    } finally {
      execFileSync('/bin/rm', ['-rf', at.upper]);
    }
  });

  it('gives up where there are more entries than anybody could keep', async () => {
    const at = await trees();
    for (const name of ['a', 'b', 'c']) await writeFile(join(at.upper, name), name);
    await expect(walk(at, { maxEntries: 2 })).rejects.toMatchObject({ reason: 'CAPTURE_FAILED' });
    expect((await walk(at, { maxEntries: 3 })).changes).toHaveLength(3);
  });

  it.each([
    ['one of many rules, linked into many directories', '#\n', 400],
    ['rules that only directories could match, over many files', 'a/\n', 1],
  ])('gives up on ignore files that keep it busy: %s', async (_how, line, directories) => {
    const at = await trees();
    const rules = join(at.upper, 'rules');
    await writeFile(rules, line.repeat(Math.floor(1_000_000 / line.length)));
    for (let index = 0; index < directories; index++) {
      const directory = join(at.upper, `d${String(index)}`);
      await mkdir(directory);
      await link(rules, join(directory, '.gitignore'));
    }
    for (let index = 0; index < 400; index++) await writeFile(join(at.upper, 'd0', `f${String(index)}`), '');
    await expect(walk(at)).rejects.toMatchObject({ reason: 'CAPTURE_FAILED' });
  });

  it('ends when its signal does', async () => {
    const at = await trees();
    await writeFile(join(at.upper, 'a'), 'a');
    await expect(walk(at, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
  });
});

describe('a directory', () => {
  it('is listed in order, by bytes, and up to a limit', async () => {
    const { upper } = await trees();
    for (const name of ['b', 'a', 'caf\u00e9']) await writeFile(join(upper, name), '');
    const entries = await listDirectory(Buffer.from(upper));
    expect(entries.map((entry) => entry.name)).toEqual(['a', 'b', 'caf\u00e9'].map((name) => Buffer.from(name)));
    await expect(listDirectory(Buffer.from(upper), 2)).rejects.toMatchObject({ reason: 'CAPTURE_FAILED' });
  });
});
