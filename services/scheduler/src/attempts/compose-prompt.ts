import type { TaskEntity } from '../persistence/task.entity.js';

/** The variant's, where it has one of its own. */
export function promptOf(
  { prompt, variants, variantPrompts }: Pick<TaskEntity, 'prompt' | 'variants' | 'variantPrompts'>,
  variant: string,
): string {
  return variantPrompts[variants.findIndex(({ name }) => name === variant)] || prompt;
}

/** What the agent is told: the batch's brief, the task, and how it will be judged. */
export function composePrompt(brief: string, prompt: string, acceptance: readonly string[]): string {
  const parts = [];
  if (brief.trim() !== '') parts.push(brief.trim());
  parts.push(prompt.trim());
  if (acceptance.length > 0)
    parts.push(`Acceptance criteria:\n${acceptance.map((criterion) => `- ${criterion}`).join('\n')}`);
  return `${parts.join('\n\n')}\n`;
}

/** What follows the approval of a plan, as it was approved. */
export function carryOut(plan: string): string {
  return `This plan was approved. Carry it out now:\n\n${plan.trim()}\n`;
}
