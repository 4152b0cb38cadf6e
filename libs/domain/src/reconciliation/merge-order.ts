/** Changes that are to be merged one after another, by their index. */
export interface OrderProblem {
  readonly count: number;
  /** What it costs to merge `later` onto `earlier`; 0: nothing. */
  readonly cost: (earlier: number, later: number) => number;
  /** Hard: the first of a pair comes before the second. Pairs that contradict each other bind nothing. */
  readonly before?: readonly (readonly [first: number, second: number])[];
}

/** Up to so many all orders are weighed: 2^n subsets with n² sums each take some milliseconds. */
const EXACT_UP_TO = 14;
/** Of swaps beyond that: bounded by their number and not by time, so that an order can be told again. */
const MAX_ROUNDS = 8;

/**
 * The order of least cost; of equal ones the one whose indices come first, so callers say by their numbering what they
 * would rather see first. Exact up to 14, a greedy order with swaps beyond.
 */
export function mergeOrder(problem: OrderProblem): number[] {
  const { count } = problem;
  if (count === 0) return [];
  const before = predecessors(problem);
  return count <= EXACT_UP_TO ? exact(problem, before) : swapped(problem, before, greedy(problem, before));
}

/** What an order costs: for each pair the cost of the later one onto the earlier one. */
export function orderCost({ cost }: Pick<OrderProblem, 'cost'>, order: readonly number[]): number {
  let sum = 0;
  order.forEach((later, place) => {
    for (let index = 0; index < place; index += 1) sum += cost(order[index] ?? 0, later);
  });
  return sum;
}

/** Which must come before each, as bits up to 14 and as sets beyond; where they contradict each other, none. */
function predecessors({ count, before = [] }: OrderProblem): ReadonlySet<number>[] {
  const sets = Array.from({ length: count }, () => new Set<number>());
  for (const [first, second] of before) if (first !== second) sets[second]?.add(first);
  const placed = new Set<number>();
  for (let round = 0; round < count; round += 1) {
    sets.forEach((set, index) => {
      if ([...set].every((each) => placed.has(each))) placed.add(index);
    });
  }
  return placed.size === count ? sets : Array.from({ length: count }, () => new Set<number>());
}

function exact({ count, cost }: OrderProblem, before: readonly ReadonlySet<number>[]): number[] {
  const masks = before.map((set) => [...set].reduce((mask, index) => mask | (1 << index), 0));
  const all = (1 << count) - 1;
  // rest[S]: what the others cost at least when S is placed.
  const rest = new Float64Array(all + 1).fill(Number.POSITIVE_INFINITY);
  rest[all] = 0;
  const step = (placed: number, next: number): number => {
    if ((placed & (1 << next)) !== 0 || (placed & (masks[next] ?? 0)) !== (masks[next] ?? 0))
      return Number.POSITIVE_INFINITY;
    let sum = 0;
    for (let index = 0; index < count; index += 1) if ((placed & (1 << index)) !== 0) sum += cost(index, next);
    return sum + (rest[placed | (1 << next)] ?? 0);
  };
  for (let placed = all - 1; placed >= 0; placed -= 1) {
    for (let next = 0; next < count; next += 1) {
      const total = step(placed, next);
      if (total < (rest[placed] ?? 0)) rest[placed] = total;
    }
  }
  const order: number[] = [];
  for (let placed = 0; placed !== all;) {
    const least = Math.min(...Array.from({ length: count }, (_, next) => step(placed, next)));
    const next = Array.from({ length: count }, (_, index) => index).find((index) => step(placed, index) === least) ?? 0;
    order.push(next);
    placed |= 1 << next;
  }
  return order;
}

/** Always the one that is cheapest to have before all that are left. */
function greedy({ count, cost }: OrderProblem, before: readonly ReadonlySet<number>[]): number[] {
  const left = new Set(Array.from({ length: count }, (_, index) => index));
  const order: number[] = [];
  while (left.size > 0) {
    const free = [...left].filter((index) => [...(before[index] ?? [])].every((each) => !left.has(each)));
    // Placed now, it burdens all that are left; placed later, each of them burdens it.
    const gain = (index: number): number =>
      [...left].reduce((sum, other) => (other === index ? sum : sum + cost(index, other) - cost(other, index)), 0);
    const [first = 0, ...others] = free;
    const next = others.reduce((best, index) => (gain(index) < gain(best) ? index : best), first);
    order.push(next);
    left.delete(next);
  }
  return order;
}

/** Takes each swap of two places that makes the order cheaper, until none does. */
function swapped(problem: OrderProblem, before: readonly ReadonlySet<number>[], start: readonly number[]): number[] {
  let best = [...start];
  let cost = orderCost(problem, best);
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const known = cost;
    for (let a = 0; a < best.length; a += 1) {
      for (let b = a + 1; b < best.length; b += 1) {
        const gain = swapGain(problem, best, a, b);
        if (gain <= 1e-9) continue;
        const tried = [...best];
        [tried[a], tried[b]] = [tried[b] ?? 0, tried[a] ?? 0];
        if (!isAllowed(before, tried)) continue;
        best = tried;
        cost -= gain;
      }
    }
    if (cost >= known - 1e-9) break;
  }
  return best;
}

/** How much cheaper the order is with these two places changed; only pairs with one of them and those between differ. */
function swapGain({ cost }: OrderProblem, order: readonly number[], a: number, b: number): number {
  const [first, last] = [order[a] ?? 0, order[b] ?? 0];
  let gain = cost(first, last) - cost(last, first);
  for (let place = a + 1; place < b; place += 1) {
    const between = order[place] ?? 0;
    gain += cost(first, between) + cost(between, last) - cost(last, between) - cost(between, first);
  }
  return gain;
}

function isAllowed(before: readonly ReadonlySet<number>[], order: readonly number[]): boolean {
  const placed = new Set<number>();
  return order.every((index) => {
    placed.add(index);
    return [...(before[index] ?? [])].every((each) => placed.has(each));
  });
}
