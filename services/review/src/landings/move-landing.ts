import { canLandingMove, isLandingSettled, type LandingState } from '@heddle/domain';
import { appendEvent } from '@heddle/platform/outbox';
import type { EntityManager } from 'typeorm';
import { landingJson } from './landing.mapper.js';
import { LandingEntity } from './landing.entity.js';

export type LandingFacts = Partial<
  Pick<
    LandingEntity,
    | 'reason'
    | 'message'
    | 'conflictPaths'
    | 'checks'
    | 'candidate'
    | 'commit'
    | 'expectedOld'
    | 'pushHead'
    | 'dispatchedAt'
    | 'onto'
    | 'partnerId'
    | 'revertedById'
    | 'pullRequest'
    | 'landedCommit'
    | 'checksLanded'
    | 'lookTime'
    | 'reconciliationId'
  >
>;

/** What another head of the change brings for an open request. */
type RenewedFacts = Partial<Pick<LandingEntity, 'headCommit' | 'baseCommit' | 'title' | 'spec' | 'priority'>>;

/** Locks a landing's row for the transaction; in the order of ids, several callers never block each other for ever. */
export async function lockLandings(manager: EntityManager, ids: readonly string[]): Promise<LandingEntity[]> {
  if (ids.length === 0) return [];
  return manager
    .createQueryBuilder(LandingEntity, 'l')
    .where('l.id IN (:...ids)', { ids })
    .orderBy('l.id')
    .setLock('pessimistic_write')
    .getMany();
}

/**
 * Moves a locked landing to its next state, with the event that tells of it. One whose request is open does not fall out while
 * another head is tested for it: it is PROPOSED again, as it was before, and the facts say why.
 */
export async function moveLanding(
  manager: EntityManager,
  row: LandingEntity,
  wanted: LandingState,
  wantedFacts: LandingFacts & RenewedFacts = {},
): Promise<void> {
  const stays =
    row.pullRequest !== null && row.state !== 'PROPOSED' && (wanted === 'EJECTED' || wanted === 'CONFLICTED');
  const state = stays ? 'PROPOSED' : wanted;
  const facts = stays ? { ...wantedFacts, candidate: null, commit: row.pullRequest?.headCommit ?? null } : wantedFacts;
  if (!canLandingMove(row.state, state)) throw new Error(`landing ${row.id} cannot go from ${row.state} to ${state}`);
  const now = new Date();
  await writeLanding(manager, row, `landing.${state.toLowerCase()}`, {
    ...facts,
    state,
    stateSince: now,
    endTime: isLandingSettled(state) ? now : null,
  });
}

/** Changes a locked landing without moving it, with the event that tells of it. */
export async function noteOnLanding(
  manager: EntityManager,
  row: LandingEntity,
  type: 'landing.updated' | 'landing.reverted',
  facts: LandingFacts & Partial<Pick<LandingEntity, 'priority'>>,
): Promise<void> {
  await writeLanding(manager, row, type, facts);
}

async function writeLanding(
  manager: EntityManager,
  row: LandingEntity,
  type: string,
  facts: Partial<LandingEntity>,
): Promise<void> {
  const changed = { ...facts, revision: String(BigInt(row.revision) + 1n) };
  Object.assign(row, changed);
  await manager.update(LandingEntity, { id: row.id }, changed);
  await appendEvent(manager, {
    aggregate: 'landing',
    id: row.id,
    version: row.revision,
    type,
    data: landingJson(row),
    traceparent: row.traceparent,
  });
}

/** Back into the queue: what was merged and tested holds no more. */
export const UNTESTED: LandingFacts = { candidate: null, commit: null, expectedOld: null, pushHead: null };
