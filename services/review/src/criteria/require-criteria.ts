import { HeddleError } from '@heddle/domain';
import type { ChangeEntity } from '../changes/change.entity.js';
import type { ReviewPolicyFacts } from '../policies/review-policy.js';

/** @throws HeddleError CRITERIA_NOT_MET, where the policy asks for all of them */
export function requireCriteria(
  { id, criteriaCounts: { UNMET, UNPROVEN } }: ChangeEntity,
  policy: Pick<ReviewPolicyFacts, 'requireCriteria'>,
): void {
  if (!policy.requireCriteria || UNMET + UNPROVEN === 0) return;
  throw new HeddleError(
    'CRITERIA_NOT_MET',
    `Of the task's acceptance criteria ${String(UNMET)} are unmet and ${String(UNPROVEN)} unproven on this change`,
    { metadata: { id, unmet: String(UNMET), unproven: String(UNPROVEN) } },
  );
}
