import type { ModelUsageCount } from '@heddle/contracts/workflows';
import { asRecord, countAt, recordAt, textAt, type JsonRecord } from '../protocol/json-record.js';
import { byModel } from '../protocol/model-usage.js';

/** Messages that may still be told again, by another block of theirs. */
const OPEN_MESSAGES = 64;

/** What a run has used: of its results, and of the messages since the last of them. */
export class ClaudeCodeUsage {
  private told: readonly ModelUsageCount[] = [];
  /** Of messages since the last result that are not told again. */
  private before: readonly ModelUsageCount[] = [];
  /** By the message's id: each is told once for each block of it. */
  private readonly since = new Map<string, ModelUsageCount>();

  get models(): readonly ModelUsageCount[] {
    return byModel([...this.told, ...this.before, ...this.since.values()]);
  }

  /** What a message says of its output is what there was at its start: only the result has all of it. */
  message(message: JsonRecord): void {
    const usage = ofSession(recordAt(message, 'usage'), textAt(message, 'model'));
    if (usage.inputTokens + usage.outputTokens === 0) return;
    this.since.set(textAt(message, 'id'), usage);
    const [oldest] = this.since;
    if (this.since.size <= OPEN_MESSAGES || oldest === undefined) return;
    this.since.delete(oldest[0]);
    this.before = byModel([...this.before, oldest[1]]);
  }

  /**
   * Of a result record: what was used since the one before, with what agents of its own used.
   * @param model that of the session
   */
  result(result: JsonRecord, model: string): readonly ModelUsageCount[] {
    const models = Object.entries(recordAt(result, 'model_usage_since_last_result')).map(([name, value]) =>
      ofModel(asRecord(value) ?? {}, name),
    );
    // Versions before it have only this, without agents of its own.
    const used = models.length === 0 ? [ofSession(recordAt(result, 'usage'), model)] : models;
    this.told = byModel([...this.told, ...used]);
    this.before = [];
    this.since.clear();
    return used;
  }
}

function ofModel(usage: JsonRecord, model: string): ModelUsageCount {
  const cached = countAt(usage, 'cacheReadInputTokens');
  return {
    model,
    inputTokens: countAt(usage, 'inputTokens') + countAt(usage, 'cacheCreationInputTokens') + cached,
    cachedInputTokens: cached,
    outputTokens: countAt(usage, 'outputTokens'),
    reasoningTokens: countAt(usage, 'thinkingTokens'),
  };
}

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
