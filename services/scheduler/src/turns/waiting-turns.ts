import { MoreThan, type EntityManager, type FindOptionsWhere } from 'typeorm';
import { TurnEntity } from '../persistence/turn.entity.js';

const NOT_BEGUN = 'TURN_NOT_BEGUN';

/** Turns of an attempt that wait do not begin. */
export async function closeWaiting(manager: EntityManager, attemptId: string): Promise<void> {
  await manager.update(
    TurnEntity,
    { attemptId, state: 'QUEUED' },
    { state: 'CANCELLED', statusDetail: NOT_BEGUN, endTime: new Date() },
  );
}

/**
 * Turns that waited behind this one when the attempt ended, and were closed by that, wait again, in their order. Those that an
 * earlier end had closed have lower numbers. The caller holds the lock on the attempt's row.
 * @returns the first of them; undefined where none waited
 */
export async function reopenWaiting(
  manager: EntityManager,
  attemptId: string,
  after: number,
): Promise<TurnEntity | undefined> {
  const closed: FindOptionsWhere<TurnEntity> = { attemptId, turn: MoreThan(after), statusDetail: NOT_BEGUN };
  await manager.update(TurnEntity, closed, { state: 'QUEUED', statusDetail: '', endTime: null });
  return firstWaiting(manager, attemptId, after);
}

/** Not the one with the next number: that may have been said in the turn before. */
export async function firstWaiting(
  manager: EntityManager,
  attemptId: string,
  after: number,
): Promise<TurnEntity | undefined> {
  const where: FindOptionsWhere<TurnEntity> = { attemptId, turn: MoreThan(after), state: 'QUEUED' };
  return (await manager.findOne(TurnEntity, { where, order: { turn: 'ASC' } })) ?? undefined;
}
