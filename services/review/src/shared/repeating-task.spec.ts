import { describe, expect, it } from '@jest/globals';
import { createLogger } from '@heddle/platform/logging';
import { RepeatingTask } from './repeating-task.js';

describe('RepeatingTask', () => {
  it('runs again at once where it was poked in the middle of a run that failed', async () => {
    let runs = 0;
    const twice = new Promise<void>((resolve) => {
      const task = new RepeatingTask(
        'sample',
        3_600_000,
        async () => {
          runs += 1;
          if (runs === 1) {
            task.poke();
            await Promise.reject(new Error('not now'));
          }
          resolve();
        },
        createLogger('test', 'silent'),
      );
      task.poke();
    });
    await twice;
    expect(runs).toBe(2);
  });
});
