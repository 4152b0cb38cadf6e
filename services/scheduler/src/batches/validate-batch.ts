import type { CreateBatchRequest, TaskSpec, TaskVariant } from '@heddle/contracts';
import { fieldInvalid, isRefName, type FieldViolation } from '@heddle/domain';
import { budgetViolations } from '../budgets/budget-violations.js';
import { agentViolations, checkViolations } from '../shared/recipe-violations.js';

export const MAX_TASKS = 200;
export const MAX_ATTEMPTS = 16;
export const MAX_PROMPT_BYTES = 256 * 1024;
const MAX_BRIEF_BYTES = 64 * 1024;

/**
 * Everything that can be said of a request without asking anybody; all faults at once.
 * @param field path of the tasks in the caller's request, so that one task by CreateTask is named without an index
 */
export function refuseInvalidBatch(
  request: CreateBatchRequest,
  field: (index: number) => string = (index) => `tasks[${String(index)}].`,
): void {
  const violations: FieldViolation[] = [];
  if (request.tasks.length === 0) violations.push({ field: 'tasks', description: 'is required: at least one task' });
  if (request.tasks.length > MAX_TASKS)
    violations.push({ field: 'tasks', description: `must be at most ${String(MAX_TASKS)}` });
  if (request.priority < 0 || request.priority > 5)
    violations.push({ field: 'priority', description: 'must be 1 (first) to 5' });
  if (Buffer.byteLength(request.brief) > MAX_BRIEF_BYTES)
    violations.push({ field: 'brief', description: 'must be at most 64 KiB' });
  if (request.ref !== '' && !isRefName(request.ref))
    violations.push({ field: 'ref', description: 'is no name of a branch, tag or commit' });
  for (const [key, value] of Object.entries(request.labels)) {
    if (!/^[\w./-]{1,63}$/.test(key) || value.length > 255)
      violations.push({ field: `labels.${key}`, description: 'must have a plain key and at most 255 characters' });
  }
  violations.push(...budgetViolations(request.budget, 'budget'));
  request.tasks.slice(0, MAX_TASKS).forEach((task, index) => violations.push(...taskViolations(task, field(index))));
  if (violations.length > 0) throw fieldInvalid(violations);
}

function taskViolations(task: TaskSpec, at: string): FieldViolation[] {
  const violations: FieldViolation[] = [];
  if (task.prompt.trim() === '')
    violations.push({ field: `${at}prompt`, description: 'is required: what the agent is to do' });
  if (Buffer.byteLength(task.prompt) > MAX_PROMPT_BYTES)
    violations.push({ field: `${at}prompt`, description: 'must be at most 256 KiB' });
  if (task.title.length > 200) violations.push({ field: `${at}title`, description: 'must be at most 200 characters' });
  if (task.attempts !== undefined && (task.attempts < 1 || task.attempts > MAX_ATTEMPTS)) {
    violations.push({ field: `${at}attempts`, description: `must be 1 to ${String(MAX_ATTEMPTS)}` });
  }
  if (task.agent !== undefined) violations.push(...agentViolations(task.agent, `${at}agent`));
  violations.push(...budgetViolations(task.budget, `${at}budget`));
  if (task.variants.length > 0) violations.push(...variantsViolations(task, at));
  violations.push(...checkViolations(task.checks, `${at}checks`));
  return violations;
}

function variantsViolations({ variants, attempts, agent }: TaskSpec, at: string): FieldViolation[] {
  const violations: FieldViolation[] = [];
  const description = 'does not go with variants: each of them has its own';
  if (attempts !== undefined) violations.push({ field: `${at}attempts`, description });
  if (agent !== undefined) violations.push({ field: `${at}agent`, description });
  const total = variants.reduce((sum, variant) => sum + (variant.attempts ?? 1), 0);
  if (total > MAX_ATTEMPTS)
    violations.push({
      field: `${at}variants`,
      description: `must have at most ${String(MAX_ATTEMPTS)} attempts in all`,
    });
  const names = new Set<string>();
  variants.slice(0, MAX_ATTEMPTS).forEach((variant, index) => {
    const where = `${at}variants[${String(index)}].`;
    violations.push(...variantViolations(variant, where));
    if (names.has(variant.name))
      violations.push({ field: `${where}name`, description: `is used twice: ${variant.name}` });
    names.add(variant.name);
  });
  return violations;
}

function variantViolations({ name, attempts = 1, agent, prompt }: TaskVariant, at: string): FieldViolation[] {
  const violations: FieldViolation[] = [];
  if (!/^[\w.-]{1,40}$/.test(name))
    violations.push({
      field: `${at}name`,
      description: 'must be 1 to 40 letters, digits, dots, dashes and underscores',
    });
  if (attempts < 1 || attempts > MAX_ATTEMPTS)
    violations.push({ field: `${at}attempts`, description: `must be 1 to ${String(MAX_ATTEMPTS)}` });
  if (Buffer.byteLength(prompt) > MAX_PROMPT_BYTES)
    violations.push({ field: `${at}prompt`, description: 'must be at most 256 KiB' });
  if (agent !== undefined) violations.push(...agentViolations(agent, `${at}agent`));
  return violations;
}
