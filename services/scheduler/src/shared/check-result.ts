import { CheckResult, CheckResult_State } from '@heddle/contracts';
import type { CheckOutcome } from '@heddle/contracts/workflows';
import { toDuration } from '@heddle/platform/waiting';

/** A check as the runner tells of it, in the API's words. */
export function toCheckResult({ durationMs, state, ...same }: CheckOutcome): CheckResult {
  return CheckResult.fromPartial({ ...same, state: CheckResult_State[state], duration: toDuration(durationMs) });
}
