import { mkdir } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { REPOSITORY_ROOT } from '@heddle/local';
import { HeddleClient } from '@heddle/sdk';
import { replay } from '../replay/replay.js';
import { git } from '../support/git/git.js';
import { usePlatform } from '../support/platform/use-platform.js';

/** In the middle of the spine's making: commits that touch one another's files, and stay what they are. */
const BASE = '2191f26a64d04c5fe0ab4cba5370eee732839ba6';
const TIP = 'dfeec3ab1b0e7384a4547bb7a00b123b8eef4181';
const COUNT = 24;

const missing = await git(REPOSITORY_ROOT, 'cat-file', '-e', `${BASE}^{commit}`)
  .then(() => git(REPOSITORY_ROOT, 'merge-base', '--is-ancestor', BASE, TIP))
  .then(
    () => undefined,
    () => 'the checkout has no history (it is shallow)',
  );
const skipped = missing === undefined ? '' : ` [skipped: ${missing}]`;

const platform = usePlatform();

(missing === undefined ? describe : describe.skip)(`this project's own history as tasks${skipped}`, () => {
  it('is captured, compared and landed as git itself would', async () => {
    const { url, adminToken } = platform.running.runJson;
    await mkdir(platform.scratch, { recursive: true });
    const report = await replay({
      client: new HeddleClient({ url, token: adminToken }),
      source: REPOSITORY_ROOT,
      base: BASE,
      tip: TIP,
      count: COUNT,
      directory: platform.scratch,
    });
    expect(report.differences).toEqual([]);
    // Otherwise nothing was compared.
    expect(report.history.picks).toHaveLength(COUNT);
    expect(report.conflicting).toBeGreaterThan(0);
    expect(report.landed).toBeLessThan(COUNT);
    expect(report.landed).toBeGreaterThan(COUNT / 2);
  });
});
