import type { ModelUsage } from '@heddle/contracts';
import type { ModelUsageCount } from '@heddle/contracts/workflows';

/** A hostile agent may name any number. */
const MAX_MODELS = 20;
const MAX_NAME = 200;

/** One for each model, in the order in which they come. Models above the most that are kept are counted as one without a name. */
export function byModel(usages: readonly ModelUsageCount[]): readonly ModelUsageCount[] {
  const models = new Map<string, ModelUsageCount>();
  for (const usage of usages) {
    const name = usage.model.slice(0, MAX_NAME);
    const model = models.has(name) || models.size < MAX_MODELS ? name : '';
    const known = models.get(model);
    models.set(model, known === undefined ? { ...usage, model } : sum([known, usage], model));
  }
  return [...models.values()];
}

/** Under the name of the model that did most; undefined where nothing was used. */
export function totalUsage(models: readonly ModelUsageCount[]): ModelUsageCount | undefined {
  const [first] = models;
  if (first === undefined) return undefined;
  const most = models.reduce((best, usage) => (usage.outputTokens > best.outputTokens ? usage : best), first);
  return sum(models, most.model);
}

export function toModelUsage(count: ModelUsageCount): ModelUsage {
  return {
    model: count.model,
    inputTokens: String(count.inputTokens),
    cachedInputTokens: String(count.cachedInputTokens),
    outputTokens: String(count.outputTokens),
    reasoningTokens: String(count.reasoningTokens),
  };
}

function sum(usages: readonly ModelUsageCount[], model: string): ModelUsageCount {
  const of = (count: (usage: ModelUsageCount) => number): number =>
    Math.min(
      usages.reduce((value, usage) => value + count(usage), 0),
      Number.MAX_SAFE_INTEGER,
    );
  return {
    model,
    inputTokens: of((usage) => usage.inputTokens),
    cachedInputTokens: of((usage) => usage.cachedInputTokens),
    outputTokens: of((usage) => usage.outputTokens),
    reasoningTokens: of((usage) => usage.reasoningTokens),
  };
}
