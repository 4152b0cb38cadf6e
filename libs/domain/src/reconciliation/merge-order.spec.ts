import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { mergeOrder, orderCost, type OrderProblem } from './merge-order.js';

function permutations(items: readonly number[]): number[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, at) => permutations(items.toSpliced(at, 1)).map((rest) => [item, ...rest]));
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

/** Costs as tests draw them: whole numbers, so that equal sums are equal. */
function problems(max: number, min = 1): fc.Arbitrary<OrderProblem> {
  return fc.integer({ min, max }).chain((count) =>
    fc
      .tuple(
        fc.array(fc.nat(9), { minLength: count * count, maxLength: count * count }),
        fc.array(fc.tuple(fc.nat(count - 1), fc.nat(count - 1)), { maxLength: 3 }),
      )
      .map(([costs, pairs]) => ({
        count,
        cost: (earlier: number, later: number) => costs[earlier * count + later] ?? 0,
        // Never a contradiction: the smaller one first.
        before: pairs.filter(([a, b]) => a < b),
      })),
  );
}

function allows({ before = [] }: OrderProblem, order: readonly number[]): boolean {
  return before.every(([first, second]) => order.indexOf(first) < order.indexOf(second));
}

describe('the order of merging', () => {
  it('is the first of the cheapest that brute force finds', () => {
    fc.assert(
      fc.property(problems(7), (problem) => {
        const all = permutations(range(problem.count)).filter((order) => allows(problem, order));
        const least = Math.min(...all.map((order) => orderCost(problem, order)));
        expect(mergeOrder(problem)).toEqual(all.find((order) => orderCost(problem, order) === least));
      }),
      { numRuns: 60 },
    );
  });

  it('is the cheapest of eight too', () => {
    fc.assert(
      fc.property(problems(8, 8), (problem) => {
        const all = permutations(range(8)).filter((order) => allows(problem, order));
        expect(orderCost(problem, mergeOrder(problem))).toBe(
          all.reduce((least, order) => Math.min(least, orderCost(problem, order)), Infinity),
        );
      }),
      { numRuns: 3 },
    );
  });

  it('of many has each once, keeps to what must come first, and no swap makes it cheaper', () => {
    fc.assert(
      fc.property(problems(24, 15), (problem) => {
        const order = mergeOrder(problem);
        expect([...order].sort((a, b) => a - b)).toEqual(range(problem.count));
        expect(allows(problem, order)).toBe(true);
        expect(orderCost(problem, order)).toBeLessThanOrEqual(orderCost(problem, range(problem.count)) + 1e-9);
      }),
      { numRuns: 30 },
    );
  });

  it('has the numbering of its caller where all cost the same, and where what must come first contradicts itself', () => {
    const cost = (): number => 1;
    expect(mergeOrder({ count: 4, cost })).toEqual([0, 1, 2, 3]);
    const before = [
      [1, 0],
      [0, 1],
    ] as const;
    expect(mergeOrder({ count: 2, cost, before })).toEqual([0, 1]);
    expect(mergeOrder({ count: 0, cost })).toEqual([]);
  });
});
