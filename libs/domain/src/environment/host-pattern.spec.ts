import { describe, expect, it } from '@jest/globals';
import { isHostPattern } from './host-pattern.js';

describe('isHostPattern', () => {
  it.each(['example.com', '*.example.com', 'mirror', 'xn--bcher-kva.example', 'a_b.example.com', 'r2.example.c0m'])(
    'takes %s',
    (text) => {
      expect(isHostPattern(text)).toBe(true);
    },
  );

  it.each([
    '',
    '*',
    '*.',
    '*.*.example.com',
    'a.*.com',
    'Example.com',
    'example.com.',
    'bücher.example',
    'example.com:443',
    'https://example.com',
    'user@example.com',
    '127.0.0.1',
    '0x7f.1',
    '2130706433',
    '::1',
    '[::1]',
    '-a.com',
    'a b.com',
    `${'a'.repeat(64)}.com`,
    `${'a.'.repeat(127)}com`,
  ])('refuses %j', (text) => {
    expect(isHostPattern(text)).toBe(false);
  });
});
