import { Dismissal_Reason, Verdict, Verdict_Decision } from '@heddle/contracts';
import { toCanonicalJson } from '@heddle/contracts/json';
import { appendEvent } from '@heddle/platform/outbox';
import type { EntityManager } from 'typeorm';
import type { VerdictEntity } from './verdict.entity.js';

export function toVerdict(row: VerdictEntity): Verdict {
  return Verdict.fromPartial({
    id: row.id,
    changeId: row.changeId,
    verdict: Verdict_Decision[row.decision],
    headCommit: row.headCommit,
    treeId: row.treeId,
    heldHeadCommit: row.heldHeadCommit ?? undefined,
    dismissal:
      row.dismissal === null
        ? undefined
        : {
            reason: Dismissal_Reason[row.dismissal.reason],
            message: row.dismissal.message,
            principal: row.dismissal.principal,
            createTime: new Date(row.dismissal.createTime),
          },
    reasonClass: row.reasonClass,
    comment: row.comment,
    message: row.message,
    principal: row.principal,
    createTime: row.createTime,
    revision: row.revision,
  });
}

/** The first event of a verdict is `submitted`. */
export function appendVerdictEvent(
  manager: EntityManager,
  row: VerdictEntity,
  what: 'submitted' | 'held' | 'dismissed',
): Promise<void> {
  return appendEvent(manager, {
    aggregate: 'verdict',
    id: row.id,
    version: row.revision,
    type: `verdict.${what}`,
    data: toCanonicalJson('heddle.v1.Verdict', Verdict, toVerdict(row)),
  });
}
