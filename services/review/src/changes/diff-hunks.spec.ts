import { describe, expect, it } from '@jest/globals';
import type { Hunk } from '@heddle/git';
import { textEdits, toDiffHunk } from './diff-hunks.js';

const hunk: Hunk = {
  oldStart: 3,
  oldLines: 1,
  newStart: 3,
  newLines: 1,
  section: Buffer.from('main()'),
  lines: [
    { kind: 'REMOVED', text: Buffer.from('caf\u00e9'), withoutNewline: false },
    { kind: 'ADDED', text: Buffer.from('caf\xe9', 'latin1'), withoutNewline: true },
  ],
};

describe('the hunks of the API', () => {
  it('show lines that are not UTF-8 readably, with their exact bytes beside', () => {
    expect(toDiffHunk(hunk)).toMatchObject({
      oldStart: 3,
      section: 'main()',
      lines: [
        { kind: 'REMOVED', text: 'caf\u00e9', withoutNewline: false },
        { kind: 'ADDED', text: 'caf\ufffd', raw: Buffer.from('caf\xe9', 'latin1'), withoutNewline: true },
      ],
    });
    expect(toDiffHunk(hunk).lines[0]).not.toHaveProperty('raw');
  });

  it('are edits by what they put in place', () => {
    expect(textEdits([hunk])).toEqual([{ oldStart: 3, oldLines: 1, lines: ['caf\ufffd'] }]);
  });
});
