import { describe, expect, it } from '@jest/globals';
import { isPaused, pausedAt, pausedMs, resumedAt, type Pause } from './pauses.js';

describe('the pauses of a sandbox', () => {
  it('count only where they overlap with a time', () => {
    const pauses: readonly Pause[] = [{ from: 10, to: 20 }, { from: 30, to: 50 }, { from: 90 }];
    expect(pausedMs(pauses, 0, 100)).toBe(40);
    expect(pausedMs(pauses, 15, 40)).toBe(15);
    expect(pausedMs(pauses, 60, 80)).toBe(0);
    expect(pausedMs([], 0, 100)).toBe(0);
  });

  it('begin and end once, however often it is said', () => {
    const begun = pausedAt(pausedAt([], 5), 7);
    expect(begun).toEqual([{ from: 5 }]);
    expect(isPaused(begun)).toBe(true);
    const over = resumedAt(resumedAt(begun, 9), 11);
    expect(over).toEqual([{ from: 5, to: 9 }]);
    expect(isPaused(over)).toBe(false);
    expect(resumedAt([], 3)).toEqual([]);
  });
});
