import { describe, expect, it } from '@jest/globals';
import { isFullId, matchId } from './match-id.js';

const IDS = [
  '019ab001-0000-7000-8000-00000000aaaa',
  '019ab001-0000-7000-8000-00000000bbbb',
  '019cd002-0000-7000-8000-00000000cccc',
];

describe('matchId', () => {
  it('takes the beginning or the end of an id, in any case', () => {
    expect(matchId(IDS, '019cd')).toEqual([IDS[2]]);
    expect(matchId(IDS, '0000AAAA')).toEqual([IDS[0]]);
  });

  it('takes the beginning of the form that lists show', () => {
    expect(matchId(['019ab001-0000-7000-8000-0000590a2e68'], '590a')).toHaveLength(1);
  });

  it('gives all that fit, and nothing for what is too short to mean one', () => {
    expect(matchId(IDS, '019ab001')).toEqual([IDS[0], IDS[1]]);
    expect(matchId(IDS, 'aaa')).toEqual([]);
    expect(matchId(IDS, '')).toEqual([]);
  });

  it('knows a whole id', () => {
    expect(isFullId('019ab001-0000-7000-8000-00000000aaaa')).toBe(true);
    expect(isFullId('019ab001')).toBe(false);
  });
});
