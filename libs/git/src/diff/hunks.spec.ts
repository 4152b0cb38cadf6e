import { describe, expect, it } from '@jest/globals';
import { parseHunks } from './hunks.js';

const patch = (...lines: readonly string[]) => Buffer.from(`${lines.join('\n')}\n`, 'latin1');
const shown = (bytes: Buffer) =>
  parseHunks(bytes).map(({ lines, section, ...places }) => ({
    ...places,
    section: section.toString(),
    lines: lines.map(
      ({ kind, text, withoutNewline }) => `${kind[0]!}${text.toString('latin1')}${withoutNewline ? '!' : ''}`,
    ),
  }));

describe('the hunks of a patch', () => {
  it('have their places, their section and their lines as bytes', () => {
    const bytes = patch(
      'diff --git a/x b/x',
      '--- a/x',
      '+++ b/x',
      '@@ -1,3 +1,3 @@ function f() {',
      ' one',
      '-tw\xffo',
      '+',
      ' three',
      '@@ -9 +9,0 @@',
      '-nine',
      '\\ No newline at end of file',
    );
    expect(shown(bytes)).toEqual([
      {
        oldStart: 1,
        oldLines: 3,
        newStart: 1,
        newLines: 3,
        section: 'function f() {',
        lines: ['Cone', 'Rtw\xffo', 'A', 'Cthree'],
      },
      { oldStart: 9, oldLines: 1, newStart: 9, newLines: 0, section: '', lines: ['Rnine!'] },
    ]);
  });

  it('take no line of a file for a header, and no header for a line', () => {
    const bytes = patch(
      '@@ -1,2 +1,2 @@',
      '--- a/x',
      '+++ b/x',
      ' @@ -1 +1 @@',
      'diff --git a/y b/y',
      '--- /dev/null',
      '+++ b/y',
      '@@ -0,0 +1 @@',
      '+@@ -5 +5 @@',
    );
    expect(shown(bytes).map(({ lines }) => lines)).toEqual([['R-- a/x', 'A++ b/x', 'C@@ -1 +1 @@'], ['A@@ -5 +5 @@']]);
  });

  it('are none where nothing of a text differs', () => {
    expect(parseHunks(Buffer.alloc(0))).toEqual([]);
    expect(parseHunks(patch('diff --git a/x b/x', 'old mode 100644', 'new mode 100755'))).toEqual([]);
  });

  it('are refused where they are cut', () => {
    expect(() => parseHunks(patch('@@ -1,2 +1,2 @@', ' one'))).toThrow('before its lines');
  });
});
