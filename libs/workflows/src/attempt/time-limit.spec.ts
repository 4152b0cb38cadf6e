import { expect, it } from '@jest/globals';
import { untilSpent } from './time-limit.js';

/** Time passes only where somebody sleeps; pauses are given as they would come. */
async function spent(limitMs: number, pauses: readonly (readonly [from: number, to: number])[]): Promise<number> {
  let now = 0;
  await untilSpent(limitMs, {
    sleep: (ms) => {
      now += ms;
      return Promise.resolve();
    },
    untilResumed: () => {
      now = pauses.find(([from, to]) => from <= now && now < to)?.[1] ?? now;
      return Promise.resolve();
    },
    now: () => now,
    pausedMs: () => pauses.reduce((sum, [from, to]) => sum + Math.max(0, Math.min(to, now) - from), 0),
  });
  return now;
}

it('a time limit stands still during each pause, also those within what a pause has added', async () => {
  expect(await spent(100, [])).toBe(100);
  expect(await spent(100, [[10, 30]])).toBe(120);
  expect(await spent(100, [[90, 1_000]])).toBe(1_010);
  expect(
    await spent(100, [
      [10, 60],
      [110, 200],
      [205, 206],
    ]),
  ).toBe(241);
});
