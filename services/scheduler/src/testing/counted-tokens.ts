import { expect } from '@jest/globals';
import type { ModelUsage } from '@heddle/contracts';
import type { SchedulerFixture } from './scheduler-fixture.js';

/** Tokens of an attempt by its budget; what the attempt, its task and its turns show has to be the same. */
export async function countedTokens({ attempts, tasks, turns }: SchedulerFixture, id: string): Promise<number> {
  const { spending, modelUsage, taskId } = await attempts.get(id);
  const inTask = (await tasks.get(taskId)).attempts.filter((attempt) => attempt.id === id);
  const tokens = Number(spending?.tokens);
  expect(sum([modelUsage])).toBe(tokens);
  expect(sum(inTask.map((attempt) => attempt.modelUsage))).toBe(tokens);
  expect(sum((await turns.list(id)).turns.map((turn) => turn.modelUsage))).toBe(tokens);
  return tokens;
}

function sum(usages: readonly (ModelUsage | undefined)[]): number {
  return usages.reduce((all, usage) => all + Number(usage?.inputTokens ?? 0) + Number(usage?.outputTokens ?? 0), 0);
}
