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
  const briefing = brief.trim() === '' ? [] : [brief.trim()];
  return `${[...briefing, prompt.trim(), ...criteria(acceptance)].join('\n\n')}\n`;
}

/** What holds for every turn, for the file that the agent's program reads by itself; empty where there is nothing. */
export function composeInstructions(
  brief: string,
  acceptance: readonly string[],
  declaredPaths: readonly string[],
): string {
  const briefing = brief.trim() === '' ? [] : [brief.trim()];
  const paths = declaredPaths.length === 0 ? [] : [`Paths that the task is about:\n${listOf(declaredPaths)}`];
  const parts = [...briefing, ...criteria(acceptance), ...paths];
  return parts.length === 0 ? '' : `${['# What holds for this task', ...parts].join('\n\n')}\n`;
}

function criteria(acceptance: readonly string[]): string[] {
  return acceptance.length === 0 ? [] : [`Acceptance criteria:\n${listOf(acceptance)}`];
}

function listOf(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join('\n');
}

/** What follows the approval of a plan, as it was approved. */
export function carryOut(plan: string): string {
  return `This plan was approved. Carry it out now:\n\n${plan.trim()}\n`;
}
