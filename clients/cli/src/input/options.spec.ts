import { describe, expect, it } from '@jest/globals';
import { collectCheck } from './check-option.js';
import { parseDuration } from './duration-option.js';
import { parseWholeNumber } from './number-option.js';
import { collectVariant } from './variant-option.js';

describe('options', () => {
  it('collects checks as shell commands of the sandbox', () => {
    const first = collectCheck('unit=npm test -- --grep "a=b"');
    expect(collectCheck('lint = npm run lint', first)).toEqual([
      { name: 'unit', command: ['sh', '-c', 'npm test -- --grep "a=b"'] },
      { name: 'lint', command: ['sh', '-c', 'npm run lint'] },
    ]);
  });

  it.each(['npm test', '=x', 'unit=', ' = '])('refuses the check %j', (value) => {
    expect(() => collectCheck(value)).toThrow(expect.objectContaining({ exitCode: 2 }));
  });

  it.each([
    ['90s', 90_000],
    ['1.5m', 90_000],
    ['1h', 3_600_000],
    ['250ms', 250],
    ['10', 10_000],
  ])('reads the duration %s', (value, milliseconds) => {
    expect(parseDuration(value)).toBe(milliseconds);
  });

  it.each(['', 'soon', '-1s', '1d'])('refuses the duration %j', (value) => {
    expect(() => parseDuration(value)).toThrow('Wanted is a duration');
  });

  it('reads whole numbers only', () => {
    expect(parseWholeNumber('16')).toBe(16);
    expect(() => parseWholeNumber('1.5')).toThrow('whole number');
  });
});

describe('--variant', () => {
  it('takes the kind of its agent however it is typed', () => {
    expect(collectVariant('fast=claude-code:small')).toEqual([
      { name: 'fast', agent: { kind: 'CLAUDE_CODE', model: 'small' } },
    ]);
  });
});
