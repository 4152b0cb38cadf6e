import { describe, expect, it } from '@jest/globals';
import { movedLines, type ChangedLine } from './moved-lines.js';

const lines = (kind: ChangedLine['kind'], ...texts: readonly string[]): ChangedLine[] =>
  texts.map((text) => ({ kind, text }));
const marked = (...hunks: ChangedLine[][]) => movedLines(hunks).map((each) => [...each]);

const BLOCK = ['function total(prices) {', '  return prices.reduce(add);', '}'];

describe('moved lines', () => {
  it('are blocks that go in one place and come in another, also indented otherwise and in another file', () => {
    const gone = lines('REMOVED', 'x', ...BLOCK);
    const come = lines('ADDED', ...BLOCK.map((text) => `  ${text}`), 'y');
    expect(marked([...lines('CONTEXT', 'c'), ...gone], come)).toEqual([
      [2, 3, 4],
      [0, 1, 2],
    ]);
  });

  it('are none where only little is alike, or where it stayed', () => {
    expect(marked(lines('REMOVED', '}', 'return;'), lines('ADDED', '}', 'return;'))).toEqual([[], []]);
    expect(marked(lines('CONTEXT', ...BLOCK), lines('ADDED', ...BLOCK))).toEqual([[], []]);
  });

  it('are the longest block of those that begin alike', () => {
    const gone = [...lines('REMOVED', BLOCK[0]!), ...lines('CONTEXT', 'c'), ...lines('REMOVED', ...BLOCK)];
    expect(marked(gone, lines('ADDED', ...BLOCK))[0]).toEqual([2, 3, 4]);
  });

  it('are found in time where everything is alike', () => {
    const many = Array.from({ length: 5_000 }, () => 'a b c d e f g h i j k l m n o p q r s t');
    const [gone] = movedLines([lines('REMOVED', ...many), lines('ADDED', ...many)]);
    expect(gone?.size).toBe(5_000);
  });
});
