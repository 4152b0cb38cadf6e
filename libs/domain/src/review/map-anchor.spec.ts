import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { LineEdit } from './line-edit.js';
import { mapAnchor, type LineAnchor } from './map-anchor.js';

/** A line with a name that stays its own, however equal its text is to others. */
interface Line {
  readonly name: number;
  readonly text: string;
}

const BRACE = '}';
const words = fc.constantFrom(BRACE, '', 'return null;', 'a', 'const total = sum(prices) + shipping;');
const textOf = (lines: readonly Line[]) => lines.map(({ text }) => text);

/** Texts in which lines are equal often. */
const texts = fc.array(words, { minLength: 1, maxLength: 12 }).map((all) => all.map((text, name) => ({ name, text })));

let fresh = 1_000;
const inserted = (lines: readonly string[]): Line[] => lines.map((text) => ({ name: (fresh += 1), text }));

/** What stays of a text, and what is added before each of its places and at its end. */
const edited = (lines: readonly Line[]): fc.Arbitrary<Line[]> =>
  fc
    .array(fc.tuple(fc.boolean(), fc.array(words, { maxLength: 2 })), {
      minLength: lines.length + 1,
      maxLength: lines.length + 1,
    })
    .map((steps) =>
      steps.flatMap(([stays, added], index) => {
        const line = lines[index];
        return [...inserted(added), ...(stays && line !== undefined ? [line] : [])];
      }),
    );

const anchored = texts.chain((lines) =>
  fc
    .tuple(fc.nat(lines.length - 1), fc.nat(2))
    .map(([start, more]) => ({ lines, anchor: anchorAt(lines, start + 1, Math.min(lines.length, start + 1 + more)) })),
);

function anchorAt(lines: readonly Line[], startLine: number, endLine: number): LineAnchor {
  const text = textOf(lines);
  return {
    startLine,
    endLine,
    quote: text.slice(startLine - 1, endLine),
    before: text.slice(Math.max(0, startLine - 4), startLine - 1),
    after: text.slice(endLine, endLine + 3),
  };
}

/** The true difference, by the names of the lines. */
function editsBetween(from: readonly Line[], to: readonly Line[]): LineEdit[] {
  const kept = new Set(to.map(({ name }) => name));
  const known = new Set(from.map(({ name }) => name));
  const edits: LineEdit[] = [];
  let [old, now] = [0, 0];
  while (old < from.length || now < to.length) {
    const [oldAt, newAt] = [old, now];
    while (old < from.length && !kept.has(from[old]!.name)) old += 1;
    while (now < to.length && !known.has(to[now]!.name)) now += 1;
    const [oldLines, newLines] = [old - oldAt, now - newAt];
    if (oldLines + newLines > 0)
      edits.push({
        oldStart: oldLines === 0 ? oldAt : oldAt + 1,
        oldLines,
        newStart: newLines === 0 ? newAt : newAt + 1,
        newLines,
      });
    old += 1;
    now += 1;
  }
  return edits;
}

const map = (anchor: LineAnchor, from: readonly Line[], to: readonly Line[]) =>
  mapAnchor(anchor, editsBetween(from, to), textOf(to));

/** The anchor's lines, all of them and next to each other; undefined where they are not. */
function placeByName({ startLine, endLine }: LineAnchor, from: readonly Line[], to: readonly Line[]) {
  const at = to.findIndex(({ name }) => name === from[startLine - 1]?.name);
  const together = from.slice(startLine - 1, endLine).every(({ name }, index) => to[at + index]?.name === name);
  return at !== -1 && together ? at + 1 : undefined;
}

const histories = anchored.chain(({ lines, anchor }) =>
  edited(lines).chain((second) => edited(second).map((third) => ({ lines, anchor, second, third }))),
);

describe('an anchor in a later text', () => {
  it('is where it was, if nothing was changed', () => {
    fc.assert(
      fc.property(anchored, ({ lines, anchor }) => {
        const { startLine, endLine } = anchor;
        expect(map(anchor, lines, lines)).toEqual({ state: 'CURRENT', startLine, endLine });
      }),
    );
  });

  it('moves by as many lines as are added above it, and not by those below', () => {
    fc.assert(
      fc.property(anchored, fc.array(words), fc.array(words), ({ lines, anchor }, above, below) => {
        const to = [...inserted(above), ...lines, ...inserted(below)];
        expect(map(anchor, lines, to)).toMatchObject({ startLine: anchor.startLine + above.length });
      }),
    );
  });

  it('stays on its lines, whatever was done to others: by their names, not by what they read like', () => {
    fc.assert(
      fc.property(histories, ({ lines, anchor, second }) => {
        const place = placeByName(anchor, lines, second);
        if (place === undefined) return;
        expect(map(anchor, lines, second)).toMatchObject({ state: 'CURRENT', startLine: place });
      }),
      { numRuns: 1_000 },
    );
  });

  it('is never on lines that read otherwise, nor on ones that were others before', () => {
    fc.assert(
      fc.property(histories, ({ lines, anchor, second }) => {
        const position = map(anchor, lines, second);
        if (position.state === 'OUTDATED') return;
        const found = second.slice(position.startLine - 1, position.endLine);
        expect(textOf(found)).toEqual(anchor.quote);
        const names = new Set(lines.slice(anchor.startLine - 1, anchor.endLine).map(({ name }) => name));
        const others = found.filter(({ name }) => lines.some((line) => line.name === name) && !names.has(name));
        expect(others).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });

  it('is the same by two steps as by one, while its lines stay', () => {
    fc.assert(
      fc.property(histories, ({ lines, anchor, second, third }) => {
        const middle = placeByName(anchor, lines, second);
        if (middle === undefined || placeByName(anchor, lines, third) === undefined) return;
        const length = anchor.endLine - anchor.startLine;
        const between = anchorAt(second, middle, middle + length);
        expect(map(between, second, third)).toEqual(map(anchor, lines, third));
      }),
      { numRuns: 1_000 },
    );
  });

  it('is outdated where its lines were deleted', () => {
    fc.assert(
      fc.property(anchored, ({ lines, anchor }) => {
        const to = lines.filter((_, index) => index + 1 < anchor.startLine || index + 1 > anchor.endLine);
        expect(map(anchor, lines, to)).toEqual({ state: 'OUTDATED' });
      }),
    );
  });
});

describe('lines that were touched', () => {
  const named = (...all: readonly string[]) => inserted(all);
  const telling = 'const total = sum(prices) + shipping;';

  it('are found again where they were moved to', () => {
    const lines = named('a', telling, 'b');
    const to = [lines[0]!, lines[2]!, ...named('c', telling)];
    expect(map(anchorAt(lines, 2, 2), lines, to)).toEqual({ state: 'CURRENT', startLine: 4, endLine: 4 });
  });

  it('are not taken for equal ones that were there before', () => {
    const lines = named(telling, 'x', telling, 'y');
    const to = [lines[0]!, lines[1]!, lines[3]!];
    expect(map(anchorAt(lines, 3, 3), lines, to)).toEqual({ state: 'OUTDATED' });
  });

  it('are outdated where they now stand twice with the same neighbours', () => {
    const lines = named('a', telling);
    const to = [...named(telling, 'z', telling)];
    expect(map(anchorAt(lines, 2, 2), lines, to)).toEqual({ state: 'OUTDATED' });
  });

  it('are told apart by their neighbours', () => {
    const lines = named('first', telling, 'last');
    const to = named(telling, 'other', 'first', telling, 'last');
    expect(map(anchorAt(lines, 2, 2), lines, to)).toMatchObject({ state: 'CURRENT', startLine: 4 });
  });

  it('need neighbours where they stand for many', () => {
    const lines = named('a', BRACE);
    expect(map(anchorAt(lines, 2, 2), lines, named('b', 'c', BRACE))).toEqual({ state: 'OUTDATED' });
    expect(map(anchorAt(lines, 2, 2), lines, named('b', 'a', BRACE))).toMatchObject({ startLine: 3 });
  });

  it('are outdated where something was put between them', () => {
    const lines = named('one', 'two');
    expect(map(anchorAt(lines, 1, 2), lines, [lines[0]!, ...named('between'), lines[1]!])).toEqual({
      state: 'OUTDATED',
    });
  });
});
