import { describe, expect, it } from '@jest/globals';
import type { ChangedFile, LineHunk } from '@heddle/git';
import { changeDigest, fileFacts, touchedPaths } from './change-facts.js';

const changed = (path: string, more: Partial<ChangedFile> = {}): ChangedFile => ({
  status: 'MODIFIED',
  path: Buffer.from(path),
  additions: 0,
  deletions: 0,
  binary: false,
  ...more,
});
const hunk = (oldLines: string[], newLines: string[], start = 1): LineHunk => ({
  oldStart: start,
  oldLines,
  newStart: start,
  newLines,
});

describe('touchedPaths', () => {
  it('counts both names of a rename', () => {
    expect([...touchedPaths([changed('new', { status: 'RENAMED', oldPath: Buffer.from('old') })])]).toEqual([
      'new',
      'old',
    ]);
  });
});

describe('what a change does to a file', () => {
  it('is known by the name that the base has, with the words that it adds', () => {
    const file = changed('b.ts', { status: 'RENAMED', oldPath: Buffer.from('a.ts') });
    const facts = fileFacts(file, [hunk(['total(a)'], ['total(b)', 'sum(b)'], 7)], undefined);
    expect(facts).toMatchObject({ path: 'a.ts', headPath: 'b.ts', family: 'ecma-script', addedLines: [[7, 2]] });
    expect([...facts.addedWords].sort()).toEqual(['b', 'sum']);
  });

  it('has no words where no language is known', () => {
    expect(fileFacts(changed('a.txt'), [hunk([], ['word'])], undefined).addedWords.size).toBe(0);
  });
});

describe('the digest of a change', () => {
  const digest = (files: ChangedFile[], lines: Record<string, LineHunk[]>): string =>
    changeDigest(files, (file) => lines[file.path.toString()]);

  it('does not see spaces, empty lines and places', () => {
    const one = digest([changed('a')], { a: [hunk(['x'], ['y ( z )', ''])] });
    expect(digest([changed('a')], { a: [hunk(['x'], ['  y(z)'], 9)] })).toBe(one);
    expect(digest([changed('a')], { a: [hunk(['x'], ['y(w)'])] })).not.toBe(one);
    expect(digest([changed('b')], { b: [hunk(['x'], ['y(z)'])] })).not.toBe(one);
  });

  it('does not see lock files, unless there is nothing else', () => {
    const code = { a: [hunk([], ['x'])] };
    const one = digest([changed('a')], code);
    expect(digest([changed('a'), changed('yarn.lock')], { ...code, 'yarn.lock': [hunk([], ['1'])] })).toBe(one);
    const lock = (text: string): string => digest([changed('yarn.lock')], { 'yarn.lock': [hunk([], [text])] });
    expect(lock('1')).not.toBe(lock('2'));
  });

  it('knows binary files by their contents, and nothing by nothing', () => {
    expect(digest([changed('a', { id: '1' })], {})).not.toBe(digest([changed('a', { id: '2' })], {}));
    expect(digest([], {})).toBe('');
  });
});
