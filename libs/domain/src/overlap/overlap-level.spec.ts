import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { OVERLAP_LEVELS, strongest } from './overlap-level.js';

describe('the strongest overlap', () => {
  it('is NONE of nothing, one of its inputs otherwise, and does not depend on their order', () => {
    expect(strongest([])).toBe('NONE');
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...OVERLAP_LEVELS), { minLength: 1 }), (levels) => {
        const best = strongest(levels);
        expect(levels).toContain(best);
        expect(strongest([...levels].reverse())).toBe(best);
        expect(levels.every((level) => OVERLAP_LEVELS.indexOf(level) <= OVERLAP_LEVELS.indexOf(best))).toBe(true);
      }),
    );
  });
});
