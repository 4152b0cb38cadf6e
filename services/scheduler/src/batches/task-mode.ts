import { agentAdapter } from '@heddle/agents';
import { Task_Mode } from '@heddle/contracts';
import { fieldInvalid, type TurnMode } from '@heddle/domain';

/**
 * How the agent of a task is to go about it.
 * @param kinds of its agents
 * @param field of the mode in the caller's request
 * @throws HeddleError FIELD_INVALID for a mode that agents of this kind do not have
 */
export function taskMode(mode: Task_Mode, kinds: readonly string[], field: string): TurnMode {
  if (mode !== Task_Mode.ASK && mode !== Task_Mode.PLAN) return 'CODE';
  for (const kind of kinds) {
    const { plans, reportsActivity } = agentAdapter(kind).capabilities;
    if (mode === Task_Mode.PLAN && !plans)
      throw fieldInvalid([
        { field, description: `can not be PLAN: agents of kind ${kind} can not be asked for a plan` },
      ]);
    if (!reportsActivity)
      throw fieldInvalid([
        {
          field,
          description: `can not be ASK: of what agents of kind ${kind} print, nothing is known to be their answer`,
        },
      ]);
  }
  return mode;
}
