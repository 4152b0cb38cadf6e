import { describe, expect, it } from '@jest/globals';
import type { SandboxStore } from '../sandboxes/sandbox-store.js';
import { SlotPool } from './slot-pool.js';
import { withSlot } from './with-slot.js';

const OWNER = { kind: 'ATTEMPT', id: 'a', fence: 1 } as const;

function host(hasSandbox: boolean): {
  readonly slots: SlotPool;
  readonly sandboxes: SandboxStore;
  wait(ms: number): void;
} {
  let nowMs = 0;
  return {
    slots: new SlotPool({ slots: 1, claimLifeMs: 1_000, now: () => nowMs }),
    sandboxes: { find: () => Promise.resolve(hasSandbox ? {} : undefined) } as unknown as SandboxStore,
    wait(ms) {
      nowMs += ms;
    },
  };
}

const refused = (): Promise<never> => Promise.reject(new Error('FENCE_SUPERSEDED'));

describe("a sandbox's slot", () => {
  it('is free again some time after its making failed, if no sandbox came to be', async () => {
    const here = host(false);
    await expect(withSlot(here, OWNER, refused)).rejects.toThrow('FENCE_SUPERSEDED');
    here.wait(999);
    expect(here.slots.used).toBe(1);
    here.wait(1);
    expect(here.slots.used).toBe(0);
  });

  it.each([
    ['its making failed half-way', true, refused],
    ['it was made', false, () => Promise.resolve()],
  ])('stays its own where %s', async (_when, hasSandbox, make) => {
    const here = host(hasSandbox);
    await withSlot(here, OWNER, make).catch(() => undefined);
    here.wait(10_000);
    expect(here.slots.used).toBe(1);
  });
});
