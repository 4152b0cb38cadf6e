import type { SuggestSplitRequest, TaskSpec } from '@heddle/contracts';
import { fieldInvalid, isRefName, type FieldViolation } from '@heddle/domain';

/** Each two of them are looked at, and all that is said of them is one answer. */
const MAX_TASKS = 50;
const MAX_PROMPT_BYTES = 256 * 1024;
/** Each is held against every file. */
const MAX_DECLARED_PATHS = 20;
const MAX_GLOB = 256;

/**
 * What a plan must be to be looked at; whether its tasks could be launched is for CreateBatch to say.
 * @throws HeddleError FIELD_INVALID with all faults at once
 */
export function refuseInvalidPlan({ ref, tasks }: SuggestSplitRequest): void {
  const violations: FieldViolation[] = [];
  if (tasks.length === 0) violations.push({ field: 'tasks', description: 'is required: at least one task' });
  if (tasks.length > MAX_TASKS)
    violations.push({ field: 'tasks', description: `must be at most ${String(MAX_TASKS)}` });
  if (ref !== '' && !isRefName(ref))
    violations.push({ field: 'ref', description: 'is no name of a branch, tag or commit' });
  tasks.slice(0, MAX_TASKS).forEach((task, at) => violations.push(...taskViolations(task, `tasks[${String(at)}].`)));
  if (violations.length > 0) throw fieldInvalid(violations);
}

function taskViolations({ title, prompt, declaredPaths }: TaskSpec, at: string): FieldViolation[] {
  const violations: FieldViolation[] = [];
  if (title.length > 200) violations.push({ field: `${at}title`, description: 'must be at most 200 characters' });
  if (prompt.trim() === '')
    violations.push({ field: `${at}prompt`, description: 'is required: what the agent is to do' });
  if (Buffer.byteLength(prompt) > MAX_PROMPT_BYTES)
    violations.push({ field: `${at}prompt`, description: 'must be at most 256 KiB' });
  if (declaredPaths.length > MAX_DECLARED_PATHS || declaredPaths.some((glob) => glob.length > MAX_GLOB))
    violations.push({
      field: `${at}declared_paths`,
      description: `must be at most ${String(MAX_DECLARED_PATHS)}, each of at most ${String(MAX_GLOB)} characters`,
    });
  return violations;
}
