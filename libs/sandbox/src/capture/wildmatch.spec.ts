import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MatchBudget, wildmatch } from './wildmatch.js';

const path = (pattern: string, text: string): boolean => wildmatch(pattern, text, { pathname: true });

describe('wildmatch', () => {
  it.each([
    ['foo', 'foo', true],
    ['foo', 'bar', false],
    ['*', 'a/b', false],
    ['**', 'a/b', true],
    ['*/b', 'a/b', true],
    ['**/b', 'b', true],
    ['**/b', 'x/y/b', true],
    ['a/**', 'a/b/c', true],
    ['a/**', 'a', false],
    ['a/**/b', 'a/b', true],
    ['a/**/b', 'a/x/y/b', true],
    ['a**b', 'a/b', false],
    ['a?c', 'a/c', false],
    ['[a-c]x', 'bx', true],
    ['[!a-c]x', 'bx', false],
    ['[^a-c]x', 'dx', true],
    ['[]]x', ']x', true],
    ['[[:digit:]]', '7', true],
    ['[[:nope:]]', '7', false],
    ['[a', 'a', false],
    ['\\*', '*', true],
    ['\\*', 'x', false],
    ['a[/]b', 'a/b', false],
  ])('%s against %s is %s', (pattern, text, expected) => {
    expect(path(pattern, text)).toBe(expected);
  });

  it('lets * cross a slash where names are no paths', () => {
    expect(wildmatch('a*c', 'a/b/c', { pathname: false })).toBe(true);
  });

  it('takes time in proportion to pattern times text, whatever an agent writes', () => {
    const budget = new MatchBudget(2 * 100 * 500);
    expect(wildmatch(`${'*a'.repeat(50)}b`, 'a'.repeat(500), { pathname: false, budget })).toBe(false);
  });

  it('counts the memory that it takes as work too', () => {
    const budget = new MatchBudget(1_000);
    expect(() => wildmatch(`x*${'y'.repeat(1_000)}*`, 'a'.repeat(1_000), { pathname: false, budget })).toThrow(
      expect.objectContaining({ reason: 'CAPTURE_FAILED' }),
    );
  });

  it('gives up where all matching together takes too long', () => {
    const budget = new MatchBudget(10);
    expect(() => wildmatch('*a*b', 'a'.repeat(100), { pathname: false, budget })).toThrow(
      expect.objectContaining({ reason: 'CAPTURE_FAILED' }),
    );
  });

  it('matches every text against itself with all specials escaped', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), (text) => {
        expect(path(text.replaceAll(/[*?[\]\\]/g, '\\$&'), text)).toBe(true);
      }),
    );
  });
});
