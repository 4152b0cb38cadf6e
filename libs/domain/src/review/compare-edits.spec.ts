import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compareEdits, type TextEdit } from './compare-edits.js';

const BASE = ['one', 'two', 'three', 'four', 'five', 'six'];
const line = (number: number) => BASE[number - 1] ?? '';
const replace = (oldStart: number, oldLines: number, ...lines: string[]): TextEdit => ({ oldStart, oldLines, lines });

describe('two sets of edits of one text', () => {
  it('are set side by side, place by place', () => {
    const first = [replace(1, 1, 'ONE'), replace(3, 1, 'III'), replace(6, 0, 'seven')];
    const second = [replace(3, 1, 'drei'), replace(5, 1), replace(6, 0, 'seven')];
    // A line is removed just before the place at which both add.
    expect(compareEdits(first, second, line)).toEqual([
      { kind: 'ONLY_FIRST', start: 1, base: ['one'], first: ['ONE'], second: ['one'] },
      { kind: 'DIFFERENT', start: 3, base: ['three'], first: ['III'], second: ['drei'] },
      { kind: 'ONLY_SECOND', start: 5, base: ['five'], first: ['five'], second: [] },
      { kind: 'SAME', start: 6, base: [], first: ['seven'], second: ['seven'] },
    ]);
  });

  it('belong together where they overlap or touch, with what lies between', () => {
    expect(compareEdits([replace(2, 3, 'x')], [replace(1, 1, 'uno'), replace(4, 1, 'vier')], line)).toEqual([
      {
        kind: 'DIFFERENT',
        start: 1,
        base: ['one', 'two', 'three', 'four'],
        first: ['one', 'x'],
        second: ['uno', 'two', 'three', 'vier'],
      },
    ]);
    expect(compareEdits([replace(2, 0, 'new')], [replace(3, 1)], line)).toHaveLength(1);
  });

  const edits = fc
    .array(fc.tuple(fc.nat(2), fc.nat(2), fc.array(fc.constantFrom('x', 'y'), { maxLength: 2 })), { maxLength: 3 })
    .map((steps) => {
      let free = 1;
      return steps.flatMap(([gap, oldLines, lines]): TextEdit[] => {
        const at = free + gap;
        if (at + oldLines > BASE.length + 1 || (oldLines === 0 && lines.length === 0)) return [];
        free = at + oldLines + 1;
        return [{ oldStart: oldLines === 0 ? at - 1 : at, oldLines, lines }];
      });
    });

  it('give each side back as it was, and change places with them', () => {
    fc.assert(
      fc.property(edits, edits, (first, second) => {
        const regions = compareEdits(first, second, line);
        expect(rebuilt(regions.map((each) => ({ ...each, lines: each.first })))).toEqual(applied(first));
        expect(rebuilt(regions.map((each) => ({ ...each, lines: each.second })))).toEqual(applied(second));
        const swapped = compareEdits(second, first, line).map(({ start, base, first: a, second: b }) => [
          start,
          base,
          b,
          a,
        ]);
        expect(swapped).toEqual(regions.map(({ start, base, first: a, second: b }) => [start, base, a, b]));
      }),
      { numRuns: 1_000 },
    );
  });
});

function applied(edits: readonly TextEdit[]): string[] {
  return edits.reduceRight<string[]>(
    (text, { oldStart, oldLines, lines }) => {
      const from = oldLines === 0 ? oldStart : oldStart - 1;
      return [...text.slice(0, from), ...lines, ...text.slice(from + oldLines)];
    },
    [...BASE],
  );
}

function rebuilt(
  regions: readonly { readonly start: number; readonly base: readonly string[]; readonly lines: readonly string[] }[],
): string[] {
  return applied(regions.map(({ start, base, lines }) => ({ oldStart: start, oldLines: base.length, lines })));
}
