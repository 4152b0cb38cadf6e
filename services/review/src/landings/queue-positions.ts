import { isLandingSettled } from '@heddle/domain';
import type { EntityManager } from 'typeorm';
import type { LandingEntity } from './landing.entity.js';

/** The places of landings in the queues of their branches, from 1. */
export async function queuePositions(
  manager: EntityManager,
  rows: readonly LandingEntity[],
): Promise<ReadonlyMap<string, number>> {
  const ids = rows.filter((row) => !isLandingSettled(row.state)).map((row) => row.id);
  if (ids.length === 0) return new Map();
  const found: { id: string; place: string }[] = await manager.query(
    `SELECT l.id, count(ahead.id) AS place FROM landings l
     JOIN landings ahead ON ahead.repository_id = l.repository_id AND ahead.branch = l.branch AND (ahead.priority, ahead.position) <= (l.priority, l.position)
       AND ahead.state IN ('QUEUED', 'TESTING', 'PUSHING')
     WHERE l.id = ANY($1) GROUP BY l.id`,
    [ids],
  );
  return new Map(found.map((row) => [row.id, Number(row.place)]));
}
