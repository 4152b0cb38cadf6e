import { describe, expect, it } from '@jest/globals';
import { COLOURED } from './style.js';
import { table } from './table.js';
import { clip, textWidth, truncate } from './text-width.js';

const HEAD = [{ title: 'ID' }, { title: 'TITLE', shrinks: true }, { title: 'N', align: 'right' as const }];

describe('table', () => {
  it('aligns columns and leaves no space at the end of a line', () => {
    const rows = [
      [{ text: 'a' }, { text: 'short' }, { text: '7' }],
      [{ text: 'bbbb' }, { text: 'somewhat longer' }, { text: '1234' }],
    ];
    expect(table(HEAD, rows)).toEqual([
      'ID    TITLE               N',
      'a     short               7',
      'bbbb  somewhat longer  1234',
    ]);
  });

  it('cuts the columns that may shrink to the width of the terminal', () => {
    const rows = [[{ text: 'a' }, { text: 'a title that is far too long' }, { text: '7' }]];
    const lines = table(HEAD, rows, { columns: 24 });
    expect(lines[1]).toBe('a   a title that is …  7');
    expect(lines.every((line) => textWidth(line) <= 24)).toBe(true);
  });

  it('paints cells without disturbing the columns, and makes them harmless', () => {
    const [, row] = table(HEAD, [[{ text: 'a', paint: COLOURED.red }, { text: 'x\u001b[2Jy\nz' }, { text: '7' }]]);
    expect(row).toBe('\u001b[31ma\u001b[39m   x␛[2Jy␤z  7');
  });
});

describe('width of text', () => {
  it('counts what a terminal shows', () => {
    expect(textWidth('abc')).toBe(3);
    expect(textWidth('你好')).toBe(4);
    expect(textWidth('e\u0301')).toBe(1);
    expect(textWidth('🎉')).toBe(2);
  });

  it('cuts with a mark', () => {
    expect(truncate('abcdef', 4)).toBe('abc…');
    expect(truncate('你好吗', 4)).toBe('你…');
    expect(truncate('abc', 3)).toBe('abc');
    expect(truncate('abc', 0)).toBe('');
  });

  it('cuts painted lines by what is seen, and leaves no colour open', () => {
    const line = `${COLOURED.red('abc')} ${COLOURED.green('defgh')} end`;
    expect(clip(line, 7)).toBe(`${COLOURED.red('abc')} \u001b[32mde…\u001b[39m`);
    expect(clip(line, 80)).toBe(line);
  });
});
