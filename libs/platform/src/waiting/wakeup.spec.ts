import { describe, expect, it } from '@jest/globals';
import { Wakeup } from './wakeup.js';

describe('Wakeup', () => {
  it('ends a wait early, also when it came before the wait', async () => {
    const wakeup = new Wakeup();
    const waiting = wakeup.wait(1_000_000);
    wakeup.wake();
    await expect(waiting).resolves.toBeUndefined();
    wakeup.wake();
    wakeup.wake();
    await wakeup.wait(1_000_000);
  });

  it('keeps only one wake', async () => {
    const wakeup = new Wakeup();
    wakeup.wake();
    wakeup.wake();
    await wakeup.wait(1_000_000);
    await expect(wakeup.wait(1)).resolves.toBeUndefined();
  });
});
