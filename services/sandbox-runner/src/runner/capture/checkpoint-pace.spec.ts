import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { nextLookMs } from './checkpoint-pace.js';

const PACE = { leastMs: 5_000, storedMs: 15_000, mostMs: 60_000 };

describe('the pace of checkpoints', () => {
  it.each([
    ['is quick where the agent printed and nothing was stored', { tookMs: 10, stored: false }, true, 5_000],
    ['leaves the store time', { tookMs: 100, stored: true }, true, 15_000],
    ['leaves the agent time where a look takes long', { tookMs: 500, stored: false }, true, 20_000],
    ['is never slower than a minute', { tookMs: 10_000, stored: true }, true, 60_000],
    ['does not wake an agent that prints nothing', { tookMs: 1, stored: false }, false, 60_000],
  ])('%s', (_, last, printed, expected) => {
    expect(nextLookMs(PACE, last, printed)).toBe(expected);
  });

  it('freezes an agent for a fortieth of its time at most, up to looks of a second and a half', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_500 }), fc.boolean(), fc.boolean(), (tookMs, stored, printed) => {
        expect(nextLookMs(PACE, { tookMs, stored }, printed)).toBeGreaterThanOrEqual(tookMs * 40);
      }),
    );
  });
});
