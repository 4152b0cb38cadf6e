import { describe, expect, it } from '@jest/globals';
import { usePlatform } from '../support/platform/use-platform.js';
import { landingChaos } from './landing/landing-chaos.js';

/** All at once; more of them: `npm run chaos -- landing`. */
const SEEDS = 5;

const platform = usePlatform();

describe('kill -9 of anything while queues are at work', () => {
  it('loses nothing that was approved, lands nothing twice, and leaves branches that pass what each landed task asks for', async () => {
    const report = await landingChaos({
      door: platform.rest,
      platform: platform.running,
      directory: platform.scratch,
      seeds: Array.from({ length: SEEDS }, (_, index) => index + 1),
      atOnce: SEEDS,
    });
    expect(report.faults).toEqual([]);
    // Otherwise nothing was tried.
    expect(Object.keys(report.kills).length).toBeGreaterThan(1);
    for (const way of ['LANDED', 'CONFLICTED CONFLICT', 'EJECTED INTERACTION'])
      expect(report.landings[way]).toBeGreaterThan(0);
  }, 600_000);
});
