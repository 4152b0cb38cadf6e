import type { TrialOutcome } from '@heddle/domain';
import type { TrialEntity } from './trial.entity.js';

export function outcomeOf({ state, results }: TrialEntity): TrialOutcome {
  return {
    state,
    checks: results.map((check) => ({
      name: String(check['name']),
      state: String(check['state']),
      isRunnable: check['statusDetail'] !== 'CHECK_COMMAND_NOT_RUNNABLE',
    })),
  };
}
