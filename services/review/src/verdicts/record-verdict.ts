import type { Verdict } from '@heddle/contracts';
import { newId } from '@heddle/platform/ids';
import type { EntityManager } from 'typeorm';
import type { ReviewStates } from '../approvals/review-states.js';
import type { ChangeEntity } from '../changes/change.entity.js';
import { VerdictEntity } from './verdict.entity.js';
import { appendVerdictEvent, toVerdict } from './verdict.mapper.js';

/** Writes a verdict on the head of a locked change, with what it makes of its review state, and the events that tell of both. */
export async function recordVerdict(
  manager: EntityManager,
  states: ReviewStates,
  change: ChangeEntity,
  verdict: Pick<VerdictEntity, 'decision' | 'reasonClass' | 'comment' | 'message' | 'principal'>,
): Promise<Verdict> {
  const row = manager.create(VerdictEntity, {
    ...verdict,
    id: newId(),
    changeId: change.id,
    headCommit: change.headCommit,
    treeId: change.treeId,
    heldHeadCommit: change.headCommit,
    dismissal: null,
    revision: '1',
    createTime: new Date(),
  });
  await manager.insert(VerdictEntity, row);
  await states.update(manager, change);
  await appendVerdictEvent(manager, row, 'submitted');
  return toVerdict(row);
}
