import { describe, expect, it } from '@jest/globals';
import { suggestOrder } from './merge-costs.js';

describe('suggestOrder', () => {
  it('has approved and small changes first where nothing overlaps', () => {
    const changes = [
      { approved: false, lines: 5 },
      { approved: true, lines: 400 },
      { approved: true, lines: 3 },
    ];
    expect(suggestOrder(changes, () => 'NONE')).toEqual([2, 1, 0]);
  });

  it('has what is dear to do again before what conflicts with it', () => {
    const changes = [
      { approved: true, lines: 3 },
      { approved: false, lines: 900 },
    ];
    expect(suggestOrder(changes, () => 'TEXTUAL')).toEqual([1, 0]);
    // A shared file that merges is worth it too, but an overlap with one does not move the others.
    expect(
      suggestOrder([...changes, { approved: false, lines: 1 }], (a, b) => (a + b === 1 ? 'FILE' : 'NONE')),
    ).toEqual([2, 1, 0]);
  });
});
