import { Landing_Delivery, Landing_Style, LandingQueue, LandingQueue_State } from '@heddle/contracts';
import { toCanonicalJson } from '@heddle/contracts/json';
import type { LandingQueueEntity } from './landing-queue.entity.js';

const REASONS = { ACTIVE: '', PAUSED: 'QUEUE_PAUSED', STOPPED: 'TARGET_RED' } as const;

/** Why landings of the queue wait; empty while they don't. */
export function queueReason({ state }: Pick<LandingQueueEntity, 'state'>): string {
  return REASONS[state];
}

export function toLandingQueue(row: LandingQueueEntity, waitingCount = 0): LandingQueue {
  return LandingQueue.fromPartial({
    id: row.id,
    repositoryId: row.repositoryId,
    branch: row.branch,
    state: LandingQueue_State[row.state],
    reason: queueReason(row),
    message: row.message,
    pausedBy: row.pausedBy,
    windowMax: row.windowMax,
    batchMax: row.batchMax,
    retryFlakes: row.retryFlakes,
    style: Landing_Style[row.style],
    delivery: Landing_Delivery[row.delivery],
    returnToAuthor: row.returnToAuthor,
    reconcileEjected: row.reconcileEjected,
    roundsMax: row.roundsMax,
    landedChecks: row.landedChecks,
    waitingCount,
    createTime: row.createTime,
    updateTime: row.updateTime,
    etag: row.revision,
    revision: row.revision,
  });
}

export function queueJson(row: LandingQueueEntity): unknown {
  return toCanonicalJson('heddle.v1.LandingQueue', LandingQueue, toLandingQueue(row));
}
