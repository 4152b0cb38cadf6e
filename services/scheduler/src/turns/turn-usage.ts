import type { ModelUsageCount } from '@heddle/contracts/workflows';

type Counts = Omit<ModelUsageCount, 'model'>;

/** What is left of a conversation's tokens without those of its earlier turns. */
export function lessUsage(all: ModelUsageCount, earlier: ModelUsageCount): ModelUsageCount {
  return combined(all, (name) => Math.max(0, all[name] - earlier[name]));
}

/** Of all turns together; the model is the last one's. */
export function moreUsage(known: ModelUsageCount | undefined, turn: ModelUsageCount): ModelUsageCount {
  return known === undefined ? turn : combined(turn, (name) => known[name] + turn[name]);
}

function combined({ model }: ModelUsageCount, count: (name: keyof Counts) => number): ModelUsageCount {
  return {
    model,
    inputTokens: count('inputTokens'),
    cachedInputTokens: count('cachedInputTokens'),
    outputTokens: count('outputTokens'),
    reasoningTokens: count('reasoningTokens'),
  };
}
