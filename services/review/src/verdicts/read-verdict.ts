import { Verdict_Decision, type CreateVerdictRequest } from '@heddle/contracts';
import { fieldInvalid, isReasonClass, reasonClassList, type FieldViolation } from '@heddle/domain';
import type { VerdictEntity } from './verdict.entity.js';

export const MAX_COMMENT_BYTES = 64 * 1024;

/** @throws HeddleError FIELD_INVALID, with the list of reason classes where one is missing or unknown */
export function readDecision(request: CreateVerdictRequest): VerdictEntity['decision'] {
  const { verdict, comment, reasonClass } = request;
  const violations: FieldViolation[] = [];
  if (Buffer.byteLength(comment) > MAX_COMMENT_BYTES)
    violations.push({ field: 'comment', description: 'must be at most 64 KiB' });
  if (verdict === Verdict_Decision.DECISION_UNSPECIFIED)
    violations.push({ field: 'verdict', description: 'is required: APPROVE, REQUEST_CHANGES or REJECT' });
  if (verdict === Verdict_Decision.REJECT && reasonClass === '')
    violations.push({ field: 'reason_class', description: `is required of REJECT: one of ${reasonClassList()}` });
  if (verdict === Verdict_Decision.APPROVE && reasonClass !== '')
    violations.push({ field: 'reason_class', description: 'is for REJECT and REQUEST_CHANGES only' });
  else if (reasonClass !== '' && !isReasonClass(reasonClass))
    violations.push({ field: 'reason_class', description: `must be one of ${reasonClassList()}` });
  if (violations.length > 0 || verdict === Verdict_Decision.DECISION_UNSPECIFIED) throw fieldInvalid(violations);
  return verdict;
}
