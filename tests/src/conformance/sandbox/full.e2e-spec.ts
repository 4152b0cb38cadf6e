import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Attempt } from '@heddle/sdk';
import { usePlatform } from '../../support/platform/use-platform.js';
import { ABUSES } from './abuses/index.js';
import { expectHeld } from './expect-held.js';
import { HostBait } from './host-facts.js';
import { makeOrigin, runSuite, type Result } from './run-suite.js';

const platform = usePlatform();

describe('the full boundary', () => {
  let bait: HostBait;
  let results: Result[];

  beforeAll(async () => {
    bait = await HostBait.lay(`${platform.scratch}/bait`, platform.dataDirectory);
    const origin = await makeOrigin(platform.scratch);
    results = await runSuite({ rest: platform.rest, facts: bait.facts, origin, mode: 'full' }, ABUSES);
  }, 600_000);
  afterAll(() => {
    bait.take();
  });

  it('holds against every abuse, and docs/security.md says so', async () => {
    await expectHeld('full', results);
  });

  it('is the one that attempts say they ran in', async () => {
    const { attempts } = await platform.rest.get<{ attempts: Attempt[] }>('/v1/attempts?pageSize=200');
    expect(new Set(attempts.map(({ sandbox }) => sandbox?.boundary))).toEqual(new Set(['FULL']));
  });
});
