import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { neutralise, oneLine } from './neutralise.js';

const ACTS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\u2028\u2029]/;

describe('neutralise', () => {
  it('shows escape sequences and does not let them act', () => {
    expect(neutralise('\u001b[2J\u001b]0;title\u0007ok')).toBe('␛[2J␛]0;title␇ok');
    expect(neutralise('50 %\rdone')).toBe('50 %␍done');
  });

  it('shows what reorders text and what one byte can do', () => {
    expect(neutralise('a\u202eb\u009b2J')).toBe('a<U+202E>b<U+009B>2J');
  });

  it('leaves text as it is', () => {
    expect(neutralise('\tGrüße 你好 🎉\nnext')).toBe('\tGrüße 你好 🎉\nnext');
  });

  it('leaves nothing that a terminal acts on, whatever comes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(neutralise(text)).not.toMatch(ACTS);
        expect(oneLine(text)).not.toMatch(/[\n\t]/);
      }),
    );
  });
});
