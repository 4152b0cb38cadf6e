import { describe, expect, it } from '@jest/globals';
import type { ChangedFile } from '@heddle/git';
import { pairFiles } from './pair-files.js';

const file = (path: string, id: string, more: Partial<ChangedFile> = {}): ChangedFile => ({
  status: 'MODIFIED',
  path: Buffer.from(path),
  id,
  mode: '100644',
  additions: 1,
  deletions: 1,
  binary: false,
  ...more,
});
const shown = (first: readonly ChangedFile[], second: readonly ChangedFile[]) =>
  pairFiles(first, second).map(({ kind, path }) => `${kind} ${path.toString()}`);

describe('the files of two changes', () => {
  it('are those of one, those that both leave alike, and those that both leave different', () => {
    const gone = { status: 'DELETED', id: undefined, mode: undefined } as Partial<ChangedFile>;
    expect(
      shown(
        [file('a', '1'), file('c', '1'), file('d', '1'), file('e', '', gone), file('f', '1')],
        [file('b', '1'), file('c', '1'), file('d', '2'), file('e', '', gone), file('f', '1', { mode: '100755' })],
      ),
    ).toEqual(['ONLY_FIRST a', 'ONLY_SECOND b', 'SAME c', 'DIFFERENT d', 'SAME e', 'DIFFERENT f']);
  });

  it('are one file where one renames what the other edits, and two where one adds what the other renames to', () => {
    const renamed = file('new', '1', { status: 'RENAMED', oldPath: Buffer.from('old') });
    expect(shown([renamed], [file('old', '2')])).toEqual(['DIFFERENT old']);
    expect(shown([renamed], [file('new', '1', { status: 'ADDED' })])).toEqual(['ONLY_SECOND new', 'ONLY_FIRST old']);
    expect(shown([file('x', '1', { status: 'ADDED' })], [file('x', '1', { status: 'ADDED' })])).toEqual(['SAME x']);
  });
});
