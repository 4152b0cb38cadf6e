import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { batchSize, expectedFailureRate } from './batch-size.js';
import { FirstRed } from './first-red.js';
import { LandingChain } from './landing-chain.js';
import { LandingWindow } from './landing-window.js';
import { isRed, retriedChecks } from './retried-checks.js';

/** A world in which the queue is played: which changes are bad, which two are bad together, which tests are flaky. */
interface World {
  readonly count: number;
  readonly bad: readonly number[];
  readonly pairs: readonly (readonly [number, number])[];
  /** A number a test: whether its first run fails for nothing, which of the running tests ends next, and whether somebody pushes. */
  readonly dice: readonly number[];
  readonly batch: number;
}

const world = fc.integer({ min: 1, max: 14 }).chain((count) =>
  fc.record({
    count: fc.constant(count),
    bad: fc.uniqueArray(fc.nat(count - 1), { maxLength: 3 }),
    pairs: fc
      .array(fc.tuple(fc.nat(count - 1), fc.nat(count - 1)), { maxLength: 2 })
      .map((pairs) => pairs.filter(([a, b]) => a !== b)),
    dice: fc.array(fc.nat(999), { minLength: 200, maxLength: 200 }),
    batch: fc.integer({ min: 1, max: 5 }),
  }),
);

/** The rules of the workflow, over the pure parts, with a branch that is a list of changes. */
class Game {
  readonly branch: (number | 'foreign')[] = [];
  readonly ejected: number[] = [];
  readonly testedTips = new Set<string>();
  waiting: number[];
  private throws = 0;
  private foreignPushes = 0;

  constructor(private readonly world: World) {
    this.waiting = Array.from({ length: world.count }, (_, change) => change);
  }

  /** @returns how many plans it took */
  play(most: number): number {
    const window = new LandingWindow();
    for (let plans = 0; plans < most; plans += 1) {
      if (this.waiting.length === 0) return plans;
      this.step(this.waiting.slice(0, window.size), window);
    }
    return most;
  }

  isBad(tree: readonly (number | 'foreign')[]): boolean {
    const has = new Set(tree);
    return (
      this.world.bad.some((change) => has.has(change)) || this.world.pairs.some(([a, b]) => has.has(a) && has.has(b))
    );
  }

  private step(members: readonly number[], window: LandingWindow): void {
    const tip = [...this.branch];
    const chain = new LandingChain(members.length, this.world.batch);
    const treeOf = (place: number) => [...tip, ...members.slice(0, place + 1)];
    for (;;) {
      const move = chain.next();
      if (move.kind === 'DONE') return;
      if (move.kind === 'WAIT') {
        const wanted = chain.wanted();
        // A queue that waits for nothing would stand for ever.
        expect(wanted.length).toBeGreaterThan(0);
        const place = wanted[this.die() % wanted.length] ?? 0;
        chain.judge(place, this.test(treeOf(place)) ? 'RED' : 'GREEN');
      } else if (move.kind === 'LAND') {
        if (this.die() % 6 === 0 && this.foreignPushes < 5) {
          this.foreignPushes += 1;
          this.branch.push('foreign');
          return;
        }
        const head = chain.head;
        const pushed = treeOf(head + move.count - 1);
        expect(this.testedTips).toContain(pushed.join());
        this.branch.splice(0, this.branch.length, ...pushed);
        this.waiting = this.waiting.filter((change) => !pushed.includes(change));
        chain.landed(move.count);
        window.landed(move.count);
      } else {
        const culprit = members[chain.head] ?? -1;
        expect(this.isBad([...this.branch, culprit])).toBe(true);
        expect(this.isBad(this.branch)).toBe(false);
        this.ejected.push(culprit);
        this.waiting = this.waiting.filter((change) => change !== culprit);
        window.failed();
        return;
      }
    }
  }

  /** Red after one retry: a flake fails once for nothing, never passes for nothing. */
  private test(tree: readonly (number | 'foreign')[]): boolean {
    this.testedTips.add(tree.join());
    const state = (failsForNothing: boolean) => (this.isBad(tree) || failsForNothing ? 'FAILED' : 'PASSED');
    const run = (failsForNothing: boolean) => [{ name: 'unit', state: state(failsForNothing), advisory: false }];
    const first = run(this.die() % 5 === 0);
    return isRed(first) && isRed(retriedChecks(first, run(false)));
  }

  private die(): number {
    this.throws += 1;
    return this.world.dice[this.throws % this.world.dice.length] ?? 1;
  }
}

describe('the landing queue as a model', () => {
  it('ends, loses nothing, lands nothing twice, pushes only what was tested, and ejects culprits alone', () => {
    fc.assert(
      fc.property(world, (given) => {
        const game = new Game(given);
        expect(game.play(500)).toBeLessThan(500);
        const landed = game.branch.filter((entry): entry is number => entry !== 'foreign');
        expect(new Set(landed).size).toBe(landed.length);
        expect([...landed, ...game.ejected].sort((a, b) => a - b)).toEqual(
          Array.from({ length: given.count }, (_, change) => change),
        );
        expect(game.isBad(game.branch)).toBe(false);
        // Nobody else: one that is bad by itself, or together with one that has landed.
        for (const change of game.ejected) expect(game.isBad([...game.branch, change])).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('finds the first red one of any row in as many tests as halving takes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 64 }), fc.nat(), (length, seed) => {
        const first = seed % length;
        const search = new FirstRed(length);
        let tests = 0;
        for (let place = search.next(); place !== undefined; place = search.next()) {
          search.told(place, place >= first);
          tests += 1;
        }
        expect(search.place).toBe(first);
        expect(tests).toBeLessThanOrEqual(Math.ceil(Math.log2(length)));
      }),
    );
  });
});

describe('LandingWindow', () => {
  it('grows by what lands, halves by what fails, and stays between 1 and 16', () => {
    const window = new LandingWindow();
    expect(window.size).toBe(4);
    window.landed(3);
    expect(window.size).toBe(7);
    window.failed();
    expect(window.size).toBe(3);
    window.landed(100);
    expect(window.size).toBe(16);
    window.single();
    window.failed();
    expect(window.size).toBe(1);
    expect(new LandingWindow(0).size).toBe(1);
  });
});

describe('batchSize', () => {
  it('is large where little fails, and 1 where a batch would mostly be red', () => {
    expect([0.01, 0.05, 0.1, 0.2, 0.35, 1].map((rate) => batchSize(rate, 16))).toEqual([11, 5, 4, 3, 1, 1]);
    expect(batchSize(0.01, 4)).toBe(4);
    expect(batchSize(0.01, 1)).toBe(1);
  });

  it('takes one of five to be red before anything is known', () => {
    expect(expectedFailureRate({ passed: 0, failed: 0 })).toBe(0.2);
    expect(expectedFailureRate({ passed: 95, failed: 0 })).toBe(0.01);
  });
});

describe('retriedChecks', () => {
  const check = (name: string, state: string, advisory = false) => ({ name, state, advisory });

  it('takes a check that passed once for passed and flaky, and one that failed twice for failed', () => {
    const first = [check('a', 'FAILED'), check('b', 'PASSED'), check('c', 'FAILED'), check('d', 'PASSED')];
    const second = [check('a', 'PASSED'), check('b', 'TIMED_OUT'), check('c', 'FAILED'), check('d', 'PASSED')];
    expect(retriedChecks(first, second).map(({ state, flaky }) => [state, flaky])).toEqual([
      ['PASSED', true],
      ['PASSED', true],
      ['FAILED', false],
      ['PASSED', false],
    ]);
  });

  it('takes everything but PASSED for a no, unless the check is advisory', () => {
    expect([[], [check('a', 'PASSED')], [check('a', 'FAILED', true)]].map(isRed)).toEqual([false, false, false]);
    for (const state of ['FAILED', 'TIMED_OUT', 'ERRORED', 'SKIPPED'])
      expect(isRed([check('a', 'PASSED'), check('b', state)])).toBe(true);
  });
});
