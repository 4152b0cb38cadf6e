import { In, type EntityManager } from 'typeorm';
import { ChangeEntity } from '../changes/change.entity.js';
import { holdsSecret } from '../changes/secret-in-change.js';
import type { LandingEntity } from './landing.entity.js';

/** The changes of landings, as they are now, by id. */
export async function changesOf(
  manager: EntityManager,
  rows: readonly LandingEntity[],
): Promise<ReadonlyMap<string, ChangeEntity>> {
  const changes = await manager.findBy(ChangeEntity, { id: In([...new Set(rows.map((row) => row.changeId))]) });
  return new Map(changes.map((change) => [change.id, change]));
}

/** What was approved is what lands: a verdict that was taken back or a head that moved takes the landing out. */
export function objectionTo(
  row: LandingEntity,
  change: ChangeEntity | undefined,
): 'CHANGE_MOVED' | 'SECRET_IN_CHANGE' | 'APPROVAL_MISSING' | undefined {
  // A revert lands what is on the branch already, taken back: no change of today has a say in it.
  if (row.revertsId !== null) return undefined;
  if (change?.headCommit !== row.headCommit) return 'CHANGE_MOVED';
  if (holdsSecret(change)) return 'SECRET_IN_CHANGE';
  return change.reviewState === 'APPROVED' ? undefined : 'APPROVAL_MISSING';
}
