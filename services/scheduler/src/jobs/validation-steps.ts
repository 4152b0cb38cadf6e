import { ValidationStep, ValidationStep_State } from '@heddle/contracts';
import { isJobEnded, judgeValidation } from '@heddle/domain';
import { toDuration } from '@heddle/platform/waiting';
import type { JobEntity } from '../persistence/job.entity.js';

type Row = Pick<JobEntity, 'state' | 'statusDetail' | 'statusMessage' | 'runChecks' | 'facts'>;

const { SUCCEEDED, FAILED, SKIPPED } = ValidationStep_State;

/** How far a dry run has come: each step that is over. Where the job failed in one, that one has the job's own reason. */
export function validationSteps(row: Row): ValidationStep[] {
  const names = ['PROVISION', 'SETUP', ...(row.runChecks ? ['CHECKS'] : [])];
  const steps: ValidationStep[] = [];
  for (const name of names) {
    const known = knownStep(row, name);
    if (known !== undefined) {
      steps.push(known);
      continue;
    }
    if (row.state !== 'FAILED') break;
    const isBroken = steps.every(({ state }) => state !== FAILED);
    steps.push(
      isBroken
        ? step(name, FAILED, { statusDetail: row.statusDetail, message: row.statusMessage })
        : step(name, SKIPPED, {}),
    );
  }
  return steps;
}

function knownStep({ state, facts }: Row, name: string): ValidationStep | undefined {
  const { sandbox, setup, checks } = facts;
  if (name === 'PROVISION')
    return sandbox === undefined ? undefined : step(name, SUCCEEDED, { duration: toDuration(sandbox.durationMs) });
  if (name === 'SETUP') {
    if (setup === undefined || setup.outcome === 'STOPPED') return undefined;
    const { reason: statusDetail, message, durationMs } = setup;
    if (setup.outcome === 'NONE') return step(name, SKIPPED, {});
    const outcome = setup.outcome === 'SUCCEEDED' ? SUCCEEDED : FAILED;
    return step(name, outcome, { statusDetail, message, duration: toDuration(durationMs) });
  }
  if (setup === undefined || checks === undefined || !isJobEnded(state) || state === 'CANCELLED') return undefined;
  if (setup.outcome === 'FAILED' || checks.length === 0) return step(name, SKIPPED, {});
  const verdict = judgeValidation(setup, checks);
  const durationMs = checks.reduce((sum, check) => sum + check.durationMs, 0);
  return step(name, verdict.state === 'SUCCEEDED' ? SUCCEEDED : FAILED, {
    statusDetail: verdict.statusDetail,
    message: verdict.message,
    duration: toDuration(durationMs),
  });
}

function step(name: string, state: ValidationStep_State, more: Partial<ValidationStep>): ValidationStep {
  return ValidationStep.fromPartial({ name, state, ...more });
}
