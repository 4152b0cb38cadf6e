import { describe, expect, it } from '@jest/globals';
import { retryAfterMs } from './retry-after.js';

const NOW = Date.parse('2026-05-04T10:00:00Z');

describe('retryAfterMs', () => {
  it.each<[string, number]>([
    ['7', 7_000],
    [' 0 ', 0],
    ['1.5', 1_500],
    ['Mon, 04 May 2026 10:01:00 GMT', 60_000],
    ['Mon, 04 May 2026 09:00:00 GMT', 0],
    ['99999999999999999999', 7 * 86_400_000],
  ])('reads %j', (text, ms) => {
    expect(retryAfterMs(text, NOW)).toBe(ms);
  });

  it.each([undefined, '', '-1', 'soon', '1e3', ['1', '2'], 'Monday of never'])('knows nothing of %j', (text) => {
    expect(retryAfterMs(text, NOW)).toBeUndefined();
  });
});
