import { describe, expect, it } from '@jest/globals';
import { usePlatform } from '../support/platform/use-platform.js';
import { landingChaos } from './landing/landing-chaos.js';

/** Of one round, whose queues are at work at once; more rounds: `npm run chaos -- landing`. */
const SEEDS = 5;
const ROUNDS = [1, 6, 11, 16];

const platform = usePlatform();

describe('kill -9 of anything while queues are at work', () => {
  it.each(ROUNDS)(
    'loses nothing that was approved, lands nothing twice, and leaves branches that pass all that landed (seeds from %d)',
    async (first) => {
      const report = await landingChaos({
        door: platform.rest,
        platform: platform.running,
        directory: platform.scratch,
        seeds: Array.from({ length: SEEDS }, (_, index) => first + index),
        atOnce: SEEDS,
      });
      expect(report.faults).toEqual([]);
      // Otherwise nothing was tried.
      expect(Object.keys(report.kills).length).toBeGreaterThan(0);
      for (const way of ['LANDED', 'CONFLICTED CONFLICT', 'EJECTED INTERACTION'])
        expect(report.landings[way]).toBeGreaterThan(0);
    },
    600_000,
  );
});
