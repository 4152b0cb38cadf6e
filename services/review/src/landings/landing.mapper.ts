import { Landing, Landing_Delivery, Landing_State, Landing_Style } from '@heddle/contracts';
import { toCanonicalJson } from '@heddle/contracts/json';
import { isLandingSettled } from '@heddle/domain';
import { checksFromJson } from '../changes/change.mapper.js';
import { headBranch } from '../proposals/proposal-text.js';
import type { LandingEntity } from './landing.entity.js';

/** `queuePosition` from 1; what is settled has none. */
export function toLanding(row: LandingEntity, queuePosition?: number): Landing {
  return Landing.fromPartial({
    id: row.id,
    title: row.title,
    changeId: row.changeId,
    attemptId: row.attemptId,
    taskId: row.taskId,
    repositoryId: row.repositoryId,
    queueId: row.queueId,
    state: Landing_State[row.state],
    targetBranch: row.branch,
    headCommit: row.headCommit,
    landedCommit: row.state === 'LANDED' ? (landedCommit(row) ?? undefined) : undefined,
    reason: row.reason,
    message: row.message,
    conflictPaths: row.conflictPaths,
    checks: checksFromJson(row.checks),
    queuePosition: isLandingSettled(row.state) || row.state === 'PROPOSED' ? undefined : queuePosition,
    partnerLandingId: row.partnerId ?? undefined,
    style: Landing_Style[row.style],
    delivery: Landing_Delivery[row.delivery],
    pullRequest:
      row.pullRequest === null
        ? undefined
        : {
            number: row.pullRequest.number,
            url: row.pullRequest.url,
            headBranch: headBranch(row.id),
            headCommit: row.pullRequest.headCommit ?? row.commit ?? '',
          },
    priority: row.priority,
    revertsLandingId: row.revertsId ?? undefined,
    revertedByLandingId: row.revertedById ?? undefined,
    reconciliationId: row.reconciliationId ?? undefined,
    createTime: row.createTime,
    endTime: row.endTime ?? undefined,
    revision: row.revision,
  });
}

/** What the branch has of it: what was pushed, or what the forge made of it, where that is known. */
export function landedCommit(row: LandingEntity): string | null {
  return row.landedCommit ?? (row.delivery === 'PUSH' ? row.commit : null);
}

export function landingJson(row: LandingEntity): unknown {
  return toCanonicalJson('heddle.v1.Landing', Landing, toLanding(row));
}
