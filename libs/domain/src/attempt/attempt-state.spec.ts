import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ATTEMPT_STATES, canMove, isEndState } from './attempt-state.js';

const anyState = fc.constantFrom(...ATTEMPT_STATES);

describe('states of an attempt', () => {
  it('leads an attempt through its phases', () => {
    const way = ['QUEUED', 'PROVISIONING', 'RUNNING', 'CHECKING', 'COMPLETED'] as const;
    way.slice(1).forEach((to, index) => expect(canMove(way[index] ?? 'QUEUED', to)).toBe(true));
  });

  it('lets every live state be cancelled', () => {
    fc.assert(fc.property(anyState, (state) => isEndState(state) || canMove(state, 'CANCELLED')));
  });

  it('leaves an end state only by a new turn', () => {
    fc.assert(
      fc.property(anyState, anyState, (from, to) => !isEndState(from) || canMove(from, to) === (to === 'QUEUED')),
    );
  });

  it('never skips the sandbox', () => {
    expect(canMove('QUEUED', 'RUNNING')).toBe(false);
    expect(canMove('QUEUED', 'COMPLETED')).toBe(false);
    expect(canMove('PROVISIONING', 'COMPLETED')).toBe(false);
  });
});
