import type { SandboxOwnerRef } from '@heddle/contracts/workflows';
import { claimExpired } from '../activities/activity-failure.js';
import type { PhaseContext } from '../phases/phase-context.js';
import { ownerKey } from '../sandboxes/sandbox.js';

/** Makes the owner's sandbox in its slot. Where none came to be nobody would release the slot: it expires again. */
export async function withSlot<T>(
  context: Pick<PhaseContext, 'slots' | 'sandboxes'>,
  owner: SandboxOwnerRef,
  make: () => Promise<T>,
): Promise<T> {
  const key = ownerKey(owner);
  if (!context.slots.occupy(key)) throw claimExpired();
  try {
    const made = await make();
    // Another execution may have failed meanwhile.
    context.slots.adopt(key);
    return made;
  } catch (error) {
    if ((await context.sandboxes.find(owner)) === undefined) context.slots.unsettle(key);
    throw error;
  }
}
