import { describe, expect, it } from '@jest/globals';
import { durationToMs, msToDuration } from './duration.js';

describe('durations', () => {
  it.each([
    ['0s', 0],
    ['3.5s', 3500],
    ['60s', 60_000],
    ['0.000001s', 0.001],
    ['-1.25s', -1250],
  ])('reads %s', (text, milliseconds) => {
    expect(durationToMs(text)).toBe(milliseconds);
  });

  it.each(['', '3.5', 's', '1m', '1.s', '1.0000000001s'])('refuses %p', (text) => {
    expect(() => durationToMs(text)).toThrow(TypeError);
  });

  it('writes whole milliseconds', () => {
    expect(msToDuration(20_000)).toBe('20s');
    expect(msToDuration(1234.4)).toBe('1.234s');
  });
});
