import { CheckResult, CheckResult_State } from '@heddle/contracts';
import type { CheckOutcome } from '@heddle/contracts/workflows';
import { toDuration } from '@heddle/platform/waiting';
import type { StoredCheck } from './change.entity.js';
import { checksToJson } from './change.mapper.js';

/** What a runner says of checks, in the form of the API. */
export function checkOutcomesToJson(outcomes: readonly CheckOutcome[]): StoredCheck[] {
  return checksToJson(
    outcomes.map((outcome) =>
      CheckResult.fromPartial({
        name: outcome.name,
        state: CheckResult_State[outcome.state],
        exitCode: outcome.exitCode,
        duration: toDuration(outcome.durationMs),
        treeId: outcome.treeId,
        environmentVersion: outcome.environmentVersion,
        advisory: outcome.advisory,
        statusDetail: outcome.statusDetail,
        flaky: outcome.flaky ?? false,
      }),
    ),
  );
}
