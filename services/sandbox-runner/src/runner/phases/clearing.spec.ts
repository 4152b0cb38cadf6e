import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { createLogger } from '@heddle/platform/logging';
import { Clearing } from './clearing.js';

describe('the removals of released sandboxes', () => {
  it('are a few at a time, each once, and one that fails holds up no other', async () => {
    const ends = new Map<string, () => void>();
    let atOnce = 0;
    const clearing = new Clearing<{ readonly name: string }>(
      async ({ name }) => {
        atOnce = Math.max(atOnce, ends.size + 1);
        await new Promise<void>((resolve) => ends.set(name, resolve));
        ends.delete(name);
        if (name === '3') throw new Error('it could not be removed');
      },
      createLogger('test', 'silent'),
    );
    const names = Array.from({ length: 50 }, (_, index) => String(index));
    for (const name of [...names, ...names]) clearing.add({ name });
    expect(clearing.count).toBe(50);
    const seen = new Set<string>();
    while (clearing.count > 0) {
      for (const [name, end] of ends) {
        expect(seen.has(name)).toBe(false);
        seen.add(name);
        end();
      }
      await setImmediate();
    }
    expect([seen.size, atOnce]).toEqual([50, 8]);
  });
});
