import { describe, expect, it } from '@jest/globals';
import { ClaimWorker } from './claim-worker.js';

describe('ClaimWorker', () => {
  const make = () => {
    const said: string[] = [];
    const claims = new ClaimWorker(() => {
      said.push('start');
      return Promise.resolve({
        stop: () => {
          said.push('stop');
          return Promise.resolve();
        },
      });
    });
    return { said, claims };
  };

  it('does each change once, in the order in which they were asked for', async () => {
    const { said, claims } = make();
    await Promise.all([claims.set(true), claims.set(true), claims.set(false), claims.set(false), claims.set(true)]);
    expect(said).toEqual(['start', 'stop', 'start']);
  });

  it('has nothing to stop where nothing was started, and goes on after a start that failed', async () => {
    const { said, claims } = make();
    await claims.set(false);
    expect(said).toEqual([]);
    let fails = true;
    const flaky = new ClaimWorker(() => {
      if (fails) return Promise.reject(new Error('away'));
      said.push('start');
      return Promise.resolve({ stop: () => Promise.resolve() });
    });
    await expect(flaky.set(true)).rejects.toThrow('away');
    fails = false;
    await flaky.set(true);
    expect(said).toEqual(['start']);
  });
});
