import { describe, expect, it } from '@jest/globals';
import { subordinateIds } from './mapped-ids.js';

describe('the ids of a user namespace', () => {
  it.each([
    ['the host', '         0          0 4294967295\n', undefined],
    ['a user with a subordinate range', '0 1000 1\n1 100000 65536\n', { first: 1, count: 65_536 }],
    ['a container with one range', '0 100000 65536\n', { first: 1, count: 65_535 }],
    ['a user alone', '0 1000 1\n', { first: 1, count: 0 }],
    ['several ranges', '0 1000 1\n1 100000 10\n11 200000 500\n', { first: 11, count: 500 }],
  ])('of %s', (_, map, range) => {
    expect(subordinateIds(map)).toEqual(range);
  });
});
