import type { ModelUsageCount } from '@heddle/contracts/workflows';
import type { ReadActivity } from '../agent-adapter.js';
import { used } from '../protocol/activities.js';
import { asRecord, countAt, recordAt, type JsonRecord } from '../protocol/json-record.js';

/** Of a result record: what the turn used, with what agents of its own used. `model` is that of the session. */
export function usageOf(result: JsonRecord, model: string): { count: ModelUsageCount; activity: ReadActivity } {
  const models = Object.entries(recordAt(result, 'model_usage_since_last_result')).map(([name, value]) => {
    const usage = asRecord(value) ?? {};
    const cached = countAt(usage, 'cacheReadInputTokens');
    return {
      model: name,
      inputTokens: countAt(usage, 'inputTokens') + countAt(usage, 'cacheCreationInputTokens') + cached,
      cachedInputTokens: cached,
      outputTokens: countAt(usage, 'outputTokens'),
      reasoningTokens: countAt(usage, 'thinkingTokens'),
    };
  });
  const count = models.length === 0 ? ofSession(recordAt(result, 'usage'), model) : total(models);
  return { count, activity: used(count) };
}

/** Versions before `model_usage_since_last_result` have only this, without agents of its own. */
function ofSession(usage: JsonRecord, model: string): ModelUsageCount {
  const cached = countAt(usage, 'cache_read_input_tokens');
  return {
    model,
    inputTokens: countAt(usage, 'input_tokens') + countAt(usage, 'cache_creation_input_tokens') + cached,
    cachedInputTokens: cached,
    outputTokens: countAt(usage, 'output_tokens'),
    reasoningTokens: countAt(recordAt(usage, 'output_tokens_details'), 'thinking_tokens'),
  };
}

/** Under the name of the model that did most. */
function total(models: readonly ModelUsageCount[]): ModelUsageCount {
  const sum = (of: (usage: ModelUsageCount) => number): number => models.reduce((value, usage) => value + of(usage), 0);
  const most = models.reduce((best, usage) => (usage.outputTokens > best.outputTokens ? usage : best));
  return {
    model: most.model,
    inputTokens: sum((usage) => usage.inputTokens),
    cachedInputTokens: sum((usage) => usage.cachedInputTokens),
    outputTokens: sum((usage) => usage.outputTokens),
    reasoningTokens: sum((usage) => usage.reasoningTokens),
  };
}
