import { expect, it } from '@jest/globals';
import { KeepBudget } from './kept-body.js';

it('a body is kept while its sandbox and its host have room', () => {
  const host = new KeepBudget(10);
  const [one, other] = [new KeepBudget(8, host), new KeepBudget(8, host)];
  expect(one.take(9)).toBe(false);
  expect(one.take(6)).toBe(true);
  expect(other.take(5)).toBe(false);
  expect(other.take(4)).toBe(true);
  one.give(6);
  expect(other.take(4)).toBe(true);
  expect(one.take(3)).toBe(false);
});
