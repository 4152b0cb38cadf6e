import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AdaptiveLimit, DEFAULT_LIMIT, type Sent } from './adaptive-limit.js';
import { simulate } from '../spec-support/simulate-storm.js';

const OPTIONS = { ...DEFAULT_LIMIT, random: () => 1 };

function startAll(limit: AdaptiveLimit, now: number): Sent[] {
  const sent: Sent[] = [];
  while (limit.mayStart(now)) sent.push(limit.start(now));
  return sent;
}

describe('an adaptive limit', () => {
  it('doubles with each round of answers until something is refused', () => {
    const limit = new AdaptiveLimit(OPTIONS);
    const first = startAll(limit, 0);
    expect(first).toHaveLength(4);
    for (const sent of first) {
      limit.accept(sent, 1);
      startAll(limit, 1);
    }
    expect(limit.count).toBe(8);
  });

  it('finds by one burst how many the server takes', () => {
    const limit = new AdaptiveLimit({ ...OPTIONS, initial: 8 });
    const sent = startAll(limit, 0);
    for (const refused of sent.slice(2)) limit.refuse(refused, 1);
    expect(limit.current).toBe(2);
    expect(limit.refusalsInARow).toBe(1);
  });

  it('lets nothing go for the time that the server named, and then one before the others', () => {
    const limit = new AdaptiveLimit(OPTIONS);
    const [refused, ...others] = startAll(limit, 0) as [Sent, ...Sent[]];
    const pauseMs = limit.refuse(refused, 0, 5_000);
    expect(pauseMs).toBeGreaterThanOrEqual(5_000);
    for (const sent of others) limit.end(sent);
    expect([limit.mayStart(pauseMs - 1), limit.nextChange(0)]).toEqual([false, pauseMs]);
    const [test] = startAll(limit, pauseMs);
    expect([limit.count, limit.current]).toEqual([1, 3]);
    limit.accept(test as Sent, pauseMs + 1);
    expect(startAll(limit, pauseMs + 1)).toHaveLength(2);
  });

  it('does not wait for ever for the one that goes before', () => {
    const limit = new AdaptiveLimit(OPTIONS);
    const [refused, ...others] = startAll(limit, 0) as [Sent, ...Sent[]];
    const opensAt = limit.refuse(refused, 0);
    for (const sent of others) limit.end(sent);
    startAll(limit, opensAt);
    expect(limit.nextChange(opensAt)).toBe(opensAt + OPTIONS.testMs);
    expect(limit.mayStart(opensAt + OPTIONS.testMs)).toBe(true);
  });

  it('pauses for longer with each refusal in a row, up to a bound', () => {
    const limit = new AdaptiveLimit(OPTIONS);
    const pauses: number[] = [];
    for (let now = 0; pauses.length < 7; now = limit.opensAt) pauses.push(limit.refuse(limit.start(now), now));
    expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000]);
  });

  it('tries for more ever more seldom while that is refused', () => {
    const limit = new AdaptiveLimit({ ...OPTIONS, initial: 3 });
    const tries: number[] = [];
    let sent = startAll(limit, 0);
    limit.refuse(sent.pop() as Sent, 0);
    for (let now = 0; now < 200_000; now += 500) {
      for (const one of sent) limit.end(one);
      sent = startAll(limit, now);
      for (const one of sent) limit.accept(one, now);
      sent.push(...startAll(limit, now));
      if (sent.length <= 2) continue;
      tries.push(now);
      limit.refuse(sent.pop() as Sent, now);
    }
    expect(tries.length).toBeLessThan(6);
    expect(limit.current).toBe(2);
  });

  it('never has more under way than it says, nothing in a pause, and always room for one', () => {
    const step = fc.record({
      what: fc.constantFrom('accept', 'refuse', 'end', 'wait'),
      which: fc.nat(50),
      ms: fc.nat(8_000),
      retryAfterMs: fc.option(fc.nat(5_000), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const limit = new AdaptiveLimit({ ...OPTIONS, random: () => 0.5 });
        const open: Sent[] = [];
        let now = 0;
        for (const { what, which, ms, retryAfterMs } of steps) {
          while (limit.mayStart(now)) {
            expect(now).toBeGreaterThanOrEqual(limit.opensAt);
            open.push(limit.start(now));
            expect(limit.count).toBeLessThanOrEqual(limit.current);
          }
          const sent = open[which % Math.max(1, open.length)];
          if (what === 'wait' || sent === undefined) now += ms;
          else if (what === 'accept') limit.accept(sent, now);
          else if (what === 'refuse') limit.refuse(sent, now, retryAfterMs);
          else limit.end(sent);
          open.splice(0, open.length, ...open.filter(({ state }) => state !== 'ENDED'));
          expect(limit.count).toBe(open.length);
          expect(limit.current).toBeGreaterThanOrEqual(1);
        }
        for (const sent of open) limit.end(sent);
        expect(limit.mayStart(limit.opensAt)).toBe(true);
      }),
    );
  });
});

describe('a storm of tasks at a server that takes a few requests at once', () => {
  it('ends with each task done, and fewer than 1.5 refusals for each', () => {
    const storm = fc.record({
      tasks: fc.constant(30),
      requests: fc.integer({ min: 1, max: 6 }),
      workers: fc.integer({ min: 2, max: 30 }),
      takes: fc.integer({ min: 1, max: 8 }),
      retryAfterMs: fc.option(fc.constantFrom(0, 1_000, 3_000), { nil: undefined }),
      answerMs: fc.integer({ min: 20, max: 20_000 }),
      seed: fc.nat(),
    });
    fc.assert(
      fc.property(storm, (options) => {
        const { done, refused, mostAtOnce } = simulate(options);
        expect(done).toBe(options.tasks);
        expect(refused).toBeLessThan(1.5 * options.tasks);
        expect(mostAtOnce).toBeLessThanOrEqual(options.takes);
      }),
      { numRuns: 300 },
    );
  });

  it('takes more than that where every request goes out at once', () => {
    const { refused } = simulate({ ...STORM, takes: 2, isGated: false });
    expect(refused).toBeGreaterThan(1.5 * STORM.tasks);
  });

  it('ends on several hosts too, which know nothing of each other', () => {
    expect(simulate({ ...STORM, hosts: 3 })).toMatchObject({ done: STORM.tasks });
  });

  it('uses what the server gives', () => {
    const { tookMs } = simulate({ ...STORM, takes: 4 });
    const least = (STORM.tasks * STORM.requests * STORM.answerMs) / 4;
    expect(tookMs).toBeLessThan(1.5 * least);
  });
});

const STORM = { tasks: 30, requests: 4, workers: 16, takes: 2, retryAfterMs: 1_000, answerMs: 2_000, seed: 1 };
