import { describe, expect, it } from '@jest/globals';
import { WovenBatch } from '../support/chaos/woven-batch.js';
import { usePlatform, type ProcessName } from '../support/platform/use-platform.js';

const EVERY_PROCESS: readonly ProcessName[] = [
  'gateway',
  'scheduler',
  'sandbox-runner',
  'supervisor',
  'review',
  'postgres',
  'nats',
  'temporal',
];

const platform = usePlatform();

describe('kill -9 in the middle of a batch', () => {
  it.each(EVERY_PROCESS)(
    'of %s: agents go on, and nothing is lost or done twice',
    async (name) => {
      const batch = await WovenBatch.launch(platform.rest, platform.scratch);
      const killed = platform.kill(name);
      await platform.restarted(name);
      expect(pidOf(name)).not.toBe(killed);
      batch.expectAgentsUntouched();

      await batch.letGo();
      const changes = await batch.expectCompletedAsIfNothingHadHappened();
      await batch.expectLanded(changes);
      await batch.expectEventsWithoutGaps();
      await platform.quiet();
    },
    300_000,
  );

  it('says aloud what it restarts', () => {
    for (const name of EVERY_PROCESS)
      expect(platform.said.join('\n')).toMatch(new RegExp(`^${name} ended \\(SIGKILL\\)`, 'm'));
  });

  function pidOf(name: ProcessName): number | undefined {
    return platform.running.runJson.processes.find((process) => process.name === name)?.pid;
  }
});
