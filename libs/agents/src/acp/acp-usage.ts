import type { ModelUsageCount } from '@heddle/contracts/workflows';
import { countAt, integerAt, recordAt, recordsAt, textAt, type JsonRecord } from '../protocol/json-record.js';
import { byModel } from '../protocol/model-usage.js';

/**
 * Tokens by the answer to a prompt, for each model. Agents that tell any put them into `usage` or, as Gemini CLI, into its own
 * `quota`; empty for one that tells none. Its process had this prompt alone, so that a sum over the session is that of the turn.
 */
export function acpUsage(answer: JsonRecord): readonly ModelUsageCount[] {
  const usage = recordAt(answer, 'usage');
  if (integerAt(usage, 'inputTokens') !== undefined) return [countOf(usage)];
  const quota = recordAt(recordAt(answer, 'meta'), 'quota');
  return byModel(
    recordsAt(quota, 'model_usage').map((each) => {
      const count = recordAt(each, 'token_count');
      const [inputTokens, outputTokens] = [countAt(count, 'input_tokens'), countAt(count, 'output_tokens')];
      return { model: textAt(each, 'model'), inputTokens, cachedInputTokens: 0, outputTokens, reasoningTokens: 0 };
    }),
  );
}

/** Agents differ in whether input has what came from a cache in it, and output what was thought: the sum tells. */
function countOf(usage: JsonRecord): ModelUsageCount {
  const [input, output] = [countAt(usage, 'inputTokens'), countAt(usage, 'outputTokens')];
  const [cachedInputTokens, reasoningTokens] = [countAt(usage, 'cachedReadTokens'), countAt(usage, 'thoughtTokens')];
  const cached = cachedInputTokens + countAt(usage, 'cachedWriteTokens');
  const total = integerAt(usage, 'totalTokens') ?? Infinity;
  const areApart = total >= input + cached + output + reasoningTokens;
  const [inputTokens, outputTokens] = areApart ? [input + cached, output + reasoningTokens] : [input, output];
  return { model: '', inputTokens, cachedInputTokens, outputTokens, reasoningTokens };
}
