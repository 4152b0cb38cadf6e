import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { canLandingMove, isLandingSettled, LANDING_STATES } from './landing-state.js';

const anyState = fc.constantFrom(...LANDING_STATES);

describe('states of a landing', () => {
  it('never leaves LANDED or EJECTED', () => {
    fc.assert(fc.property(anyState, (to) => !canLandingMove('LANDED', to) && !canLandingMove('EJECTED', to)));
  });

  it('lands only what was pushed, or what a reconciliation or an earlier push brought into the branch', () => {
    fc.assert(
      fc.property(
        anyState,
        (from) => canLandingMove(from, 'LANDED') === ['PUSHING', 'PROPOSED', 'QUEUED', 'CONFLICTED'].includes(from),
      ),
    );
  });

  it('goes back to the queue from everywhere but its settled ends', () => {
    expect(canLandingMove('TESTING', 'QUEUED')).toBe(true);
    expect(canLandingMove('PUSHING', 'QUEUED')).toBe(true);
    expect(canLandingMove('PROPOSED', 'QUEUED')).toBe(true);
    expect(isLandingSettled('CONFLICTED')).toBe(true);
    expect(canLandingMove('CONFLICTED', 'QUEUED')).toBe(false);
  });
});
