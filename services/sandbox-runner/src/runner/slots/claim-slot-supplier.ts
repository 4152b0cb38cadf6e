import type { ActivitySlotInfo, CustomSlotSupplier, SlotPermit } from '@temporalio/worker';
import type { SlotPool } from './slot-pool.js';

/** Lets the claim worker poll only while this host has room. */
export function claimSlotSupplier(pool: SlotPool): CustomSlotSupplier<ActivitySlotInfo> {
  return {
    type: 'custom',
    async reserveSlot(_context, signal): Promise<SlotPermit> {
      await pool.reserve(signal);
      return {};
    },
    // Eager dispatch has no claims.
    tryReserveSlot: () => null,
    markSlotUsed: () => undefined,
    // By now the claim holds a slot in its owner's name, or there was none.
    releaseSlot: () => {
      pool.unreserve();
    },
  };
}
