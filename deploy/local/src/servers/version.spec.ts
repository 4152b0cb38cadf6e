import { describe, expect, it } from '@jest/globals';
import { isAtLeast } from './version.js';

describe('isAtLeast', () => {
  it.each([
    ['2.12.0', '2.12', true],
    ['2.9.10', '2.12', false],
    ['2.15.2', '2.12', true],
    ['15', '15', true],
    ['1.21rc2', '1.21', true],
    ['3', '2.12.9', true],
  ])('%s against %s: %s', (version, minimum, fits) => {
    expect(isAtLeast(version, minimum)).toBe(fits);
  });
});
