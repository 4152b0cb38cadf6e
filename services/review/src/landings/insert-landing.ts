import { newId } from '@heddle/platform/ids';
import { appendEvent } from '@heddle/platform/outbox';
import type { EntityManager } from 'typeorm';
import { LandingEntity } from './landing.entity.js';
import { landingJson } from './landing.mapper.js';

/** What is known of a landing when it is asked for. */
export type NewLanding = Pick<
  LandingEntity,
  | 'changeId'
  | 'attemptId'
  | 'taskId'
  | 'batchId'
  | 'repositoryId'
  | 'queueId'
  | 'branch'
  | 'style'
  | 'delivery'
  | 'priority'
  | 'headCommit'
  | 'baseCommit'
  | 'title'
  | 'spec'
  | 'revertsId'
  | 'traceparent'
>;

/** Puts a landing at the end of its queue, with the event that tells of it. */
export async function insertLanding(manager: EntityManager, landing: NewLanding): Promise<LandingEntity> {
  const now = new Date();
  const row = manager.create(LandingEntity, {
    ...landing,
    id: newId(),
    state: 'QUEUED',
    stateSince: now,
    reason: '',
    message: '',
    conflictPaths: [],
    checks: [],
    fence: '0',
    candidate: null,
    onto: null,
    commit: null,
    expectedOld: null,
    pushHead: null,
    pullRequest: null,
    landedCommit: null,
    checksLanded: false,
    lookTime: null,
    partnerId: null,
    revertedById: null,
    reconciliationId: null,
    createTime: now,
    endTime: null,
    revision: '1',
    dispatchedAt: null,
  });
  await manager.insert(LandingEntity, row);
  await appendEvent(manager, {
    aggregate: 'landing',
    id: row.id,
    version: 1,
    type: 'landing.queued',
    data: landingJson(row),
    traceparent: row.traceparent,
  });
  return row;
}
