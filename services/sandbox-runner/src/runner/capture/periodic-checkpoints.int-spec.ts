import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { createLogger } from '@heddle/platform/logging';
import type { BoxSpec } from '@heddle/sandbox';
import { useTemporaryDirectories } from '@heddle/testing';
import type { Sandbox } from '../sandboxes/sandbox.js';
import type { CheckpointService } from './checkpoint-service.js';
import { PeriodicCheckpoints } from './periodic-checkpoints.js';

const temporary = useTemporaryDirectories();

describe('checkpoints of a running agent', () => {
  it('are taken soon after it printed something, long before the longest time is over', async () => {
    const spool = join(await temporary('spool'), 'turn-1.out');
    const looks: (() => void)[] = [];
    const looked = (): Promise<void> => new Promise((resolve) => looks.push(resolve));
    const checkpoints = {
      takeFrozen: () => {
        looks.shift()?.();
        return Promise.resolve(undefined);
      },
    } as unknown as CheckpointService;
    const periodic = new PeriodicCheckpoints({
      checkpoints,
      sandbox: { name: 's' } as unknown as Sandbox,
      box: { name: 'b' } as BoxSpec,
      turn: 1,
      spools: [spool, `${spool}.absent`],
      pace: { leastMs: 5, storedMs: 5, mostMs: 3_600_000 },
      logger: createLogger('test', 'silent'),
    });
    const first = looked();
    await appendFile(spool, 'edited a\n');
    periodic.start();
    await first;
    const second = looked();
    await appendFile(spool, 'edited b\n');
    await second;
    await periodic.stop();
    expect(looks).toEqual([]);
  });
});
