import { execFileSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { startScript } from './start-gate.js';

describe('what a waiting shell is told', () => {
  it('is the command and the variables, whatever is in them', () => {
    const word = fc.string({ unit: 'binary', maxLength: 40 }).map((text) => text.replaceAll('\0', ''));
    fc.assert(
      fc.property(fc.array(word, { maxLength: 3 }), word, (rest, value) => {
        const script = `${startScript(['/usr/bin/printf', '[%s]', ...rest], { ODD: value })}"$@"; printf '{%s}' "$ODD"`;
        const expected = `${rest.length === 0 ? '[]' : rest.map((text) => `[${text}]`).join('')}{${value}}`;
        expect(execFileSync('/bin/sh', { input: script, env: {} }).equals(Buffer.from(expected))).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  it('names no variable that is none, and no byte that no program can be given', () => {
    expect(() => startScript(['true'], { 'A=1; id': 'x' })).toThrow(RangeError);
    expect(() => startScript(['a\0b'], {})).toThrow(RangeError);
    expect(() => startScript(['true'], { A: 'a\0' })).toThrow(RangeError);
  });
});
