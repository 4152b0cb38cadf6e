import { Injectable } from '@nestjs/common';
import { Landing, MoveLandingRequest } from '@heddle/contracts';
import { fieldInvalid, HeddleError } from '@heddle/domain';
import { requireId } from '@heddle/platform/ids';
import { answerOnce } from '@heddle/platform/outbox';
import { ChangeBell } from '@heddle/platform/waiting';
import { DataSource, In, type EntityManager } from 'typeorm';
import { lockQueue } from '../queues/queue-rows.js';
import { LandingDispatcher } from './landing-dispatcher.js';
import { LandingEntity } from './landing.entity.js';
import { toLanding } from './landing.mapper.js';
import { lockLandings, noteOnLanding } from './move-landing.js';
import { queuePositions } from './queue-positions.js';

/** The tests of all others are stopped for it. */
export const FAST_LANE = 1;
export const DEFAULT_PRIORITY = 3;
const LEAST = 5;

/** @throws HeddleError FIELD_INVALID */
export function readPriority(given: number, absent: number): number {
  if (given === 0) return absent;
  if (given < FAST_LANE || given > LEAST)
    throw fieldInvalid([{ field: 'priority', description: `must be from 1 to ${String(LEAST)}` }]);
  return given;
}

/** The order in which landings of a queue come: by priority, and within one by place. */
@Injectable()
export class LandingOrder {
  constructor(
    private readonly dataSource: DataSource,
    private readonly dispatcher: LandingDispatcher,
    private readonly bell: ChangeBell,
  ) {}

  /** @throws HeddleError LANDING_NOT_FOUND, LANDING_NOT_QUEUED, FIELD_INVALID */
  async move(request: MoveLandingRequest): Promise<Landing> {
    if (request.position < 0)
      throw fieldInvalid([{ field: 'position', description: 'must be at least 1; absent: as it is' }]);
    requireId(request.id, 'LANDING_NOT_FOUND', 'landing');
    const landing = await answerOnce(
      this.dataSource,
      {
        method: 'heddle.v1.LandingService/MoveLanding',
        requestId: request.requestId,
        request,
        requestCodec: MoveLandingRequest,
        responseCodec: Landing,
      },
      () => this.dataSource.manager.findOneBy(LandingEntity, { id: request.id }),
      async (manager, seen) => {
        if (seen === null)
          throw new HeddleError('LANDING_NOT_FOUND', `There is no landing ${request.id}`, {
            metadata: { id: request.id },
          });
        return this.place(manager, seen, request);
      },
    );
    this.bell.ring(landing.id);
    this.dispatcher.poke();
    return landing;
  }

  private async place(manager: EntityManager, seen: LandingEntity, request: MoveLandingRequest): Promise<Landing> {
    // One reorders a queue at a time.
    await lockQueue(manager, seen.queueId);
    const rows = await this.movable(manager, seen.queueId);
    const row = rows.find(({ id }) => id === seen.id);
    if (row === undefined)
      throw new HeddleError(
        'LANDING_NOT_QUEUED',
        `The landing is ${seen.state}: it has no place in the queue to change`,
        {
          metadata: { id: seen.id, state: seen.state },
        },
      );
    row.priority = readPriority(request.priority, row.priority);
    if (request.position > 0) await reorder(manager, rows, row, request.position);
    await noteOnLanding(manager, row, 'landing.updated', { priority: row.priority, dispatchedAt: null });
    return toLanding(row, (await queuePositions(manager, [row])).get(row.id));
  }

  private async movable(manager: EntityManager, queueId: string): Promise<LandingEntity[]> {
    const states = In(['QUEUED', 'TESTING']);
    const found = await manager.find(LandingEntity, { where: { queueId, state: states }, select: { id: true } });
    const locked = await lockLandings(
      manager,
      found.map(({ id }) => id),
    );
    return locked
      .filter(({ state }) => state === 'QUEUED' || state === 'TESTING')
      .sort((a, b) => Number(BigInt(a.position) - BigInt(b.position)));
  }
}

/** Hands the places of those with the same priority out anew, so that the moved one has the wanted one of them. */
async function reorder(
  manager: EntityManager,
  rows: readonly LandingEntity[],
  moved: LandingEntity,
  wanted: number,
): Promise<void> {
  const others = rows.filter(({ id, priority }) => id !== moved.id && priority === moved.priority);
  const order = [...others.slice(0, wanted - 1), moved, ...others.slice(wanted - 1)];
  const places = [...others, moved].map(({ position }) => BigInt(position)).sort((a, b) => (a < b ? -1 : 1));
  await manager.query(
    `UPDATE landings l SET position = placed.position FROM unnest($1::uuid[], $2::bigint[]) AS placed (id, position)
     WHERE l.id = placed.id`,
    [order.map(({ id }) => id), places.map(String)],
  );
}
