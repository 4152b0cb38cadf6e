import { describe, expect, it } from '@jest/globals';
import { ago, duration, elapsed } from './time.js';

describe('times', () => {
  const now = new Date('2026-01-02T12:00:00Z');

  it.each([
    [400, '0.4s'],
    [12_000, '12s'],
    [59_600, '1m 00s'],
    [185_000, '3m 05s'],
    [7_620_000, '2h 07m'],
  ])('says %d ms as %s', (milliseconds, text) => {
    expect(duration(milliseconds)).toBe(text);
  });

  it('says how long ago', () => {
    expect(ago('2026-01-02T11:59:30Z', now)).toBe('just now');
    expect(ago('2026-01-02T11:55:00Z', now)).toBe('5m ago');
    expect(ago('2026-01-02T09:00:00Z', now)).toBe('3h ago');
    expect(ago('2025-12-25T12:00:00Z', now)).toBe('8d ago');
    expect(ago(undefined, now)).toBe('');
  });

  it('counts to the end, or to now', () => {
    expect(elapsed('2026-01-02T11:59:50Z', undefined, now)).toBe('10s');
    expect(elapsed('2026-01-02T11:59:50Z', '2026-01-02T11:59:52Z', now)).toBe('2.0s');
    expect(elapsed(undefined, undefined, now)).toBe('');
  });
});
