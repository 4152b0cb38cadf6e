import { expect, it } from '@jest/globals';
import { useTemporaryDirectories } from '@heddle/testing';
import { sandboxChaos } from './sandbox-chaos.js';

const temporary = useTemporaryDirectories();

it('nothing is left of abused sandboxes whose runner and supervisor were killed, and bases are as they were', async () => {
  const report = await sandboxChaos({ directory: await temporary('chaos'), count: 20, seed: 7, atOnce: 4 });
  expect(report).toMatchObject({ sandboxes: 20, failures: [], left: [], basesUnchanged: true });
  expect(report.runnersKilled + report.supervisorsKilled).toBeGreaterThan(0);
}, 600_000);
