import type { HistoryEntry } from './model-protocol.js';
import type { Conversation, Scenario, Step } from './scenario.js';

export interface ScriptPosition {
  readonly conversation: Conversation;
  /** Index of the step; undefined after the last one. */
  readonly index: number | undefined;
  readonly step: Step | undefined;
}

/**
 * Where the script stands, read from the request alone: so that a retry gets the same step, a resumed conversation the
 * next one, and many conversations can go on at once. A conversation begins at the latest user message that any of them
 * matches (else, as the default one, at the start), and each reply since then was a step. Undefined if none fits.
 */
export function scriptPosition(scenario: Scenario, history: readonly HistoryEntry[]): ScriptPosition | undefined {
  const found = findConversation(scenario, history);
  if (!found) return undefined;
  const { conversation, start } = found;
  const done = countReplies(history.slice(start));
  const index = conversation.whenDone === 'repeat' ? done % conversation.steps.length : done;
  const step = conversation.steps[index];
  return { conversation, index: step && index, step };
}

/** The replies of the model in a history. Agents tear one reply into several entries: those count once. */
export function countReplies(history: readonly HistoryEntry[]): number {
  const seen = new Set<number>();
  let count = 0;
  let afterModel = false;
  for (const entry of history) {
    if (entry.from === 'model') {
      const known = entry.reply !== undefined && seen.has(entry.reply);
      if (!afterModel && !known) count++;
      if (entry.reply !== undefined) seen.add(entry.reply);
    }
    afterModel = entry.from === 'model';
  }
  return count;
}

function findConversation(
  scenario: Scenario,
  history: readonly HistoryEntry[],
): { conversation: Conversation; start: number } | undefined {
  for (let start = history.length - 1; start >= 0; start--) {
    const entry = history[start];
    if (entry?.from !== 'user') continue;
    const conversation = scenario.conversations.find(({ match }) => match !== undefined && matches(match, entry.text));
    if (conversation) return { conversation, start };
  }
  const fallback = scenario.conversations.find(({ match }) => match === undefined);
  return fallback && { conversation: fallback, start: 0 };
}

function matches(match: NonNullable<Conversation['match']>, text: string): boolean {
  return typeof match === 'string' ? text.includes(match) : new RegExp(match.pattern, 'u').test(text);
}
