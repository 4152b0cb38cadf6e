import type { EntityManager } from 'typeorm';
import { landInputs } from '../reconciliations/land-inputs.js';
import type { LandingEntity } from './landing.entity.js';
import { lockLandings, moveLanding, noteOnLanding, type LandingFacts } from './move-landing.js';

/**
 * A locked landing is on its branch. What a revert takes back says so from then on, and with the result of a
 * reconciliation its inputs have landed.
 * @returns ids of the other landings that changed
 */
export async function markLanded(manager: EntityManager, row: LandingEntity, facts: LandingFacts): Promise<string[]> {
  await moveLanding(manager, row, 'LANDED', facts);
  if (row.revertsId !== null) {
    const [reverted] = await lockLandings(manager, [row.revertsId]);
    if (reverted !== undefined) await noteOnLanding(manager, reverted, 'landing.reverted', { revertedById: row.id });
  }
  // Of one that takes a result back they are taken back.
  return landInputs(manager, row);
}
