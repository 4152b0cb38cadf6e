import { describe, expect, it } from '@jest/globals';
import type { HistoryEntry } from './model-protocol.js';
import { parseScenario } from './scenario.js';
import { countReplies, scriptPosition } from './script-position.js';

const user = (text: string): HistoryEntry => ({ from: 'user', text });
const model = (reply?: number): HistoryEntry => ({ from: 'model', reply });
const tool: HistoryEntry = { from: 'tool' };

const steps = (...texts: string[]) => texts.map((text) => ({ text }));
const scenario = parseScenario({
  conversations: [
    { name: 'edit', match: 'Add a greeting', steps: steps('one', 'two', 'three') },
    { name: 'review', match: { pattern: '^Please (change|improve)' }, steps: steps('a', 'b') },
    { name: 'stuck', match: 'loop', whenDone: 'repeat', steps: steps('x', 'y') },
    { name: 'any', steps: steps('1', '2', '3') },
  ],
});

const at = (...history: HistoryEntry[]): unknown => {
  const position = scriptPosition(scenario, history);
  return position && [position.conversation.name, position.index];
};

describe('scriptPosition', () => {
  it('begins at the prompt that a conversation matches', () => {
    expect(at(user('<environment>'), user('Add a greeting, please'))).toEqual(['edit', 0]);
  });

  it('is a step further with each reply, and stays for a retry', () => {
    const history = [user('Add a greeting'), model(0), tool, model(1), tool];

    expect(at(...history)).toEqual(['edit', 2]);
    expect(at(...history)).toEqual(['edit', 2]);
  });

  it('takes a follow-up to the conversation that matches it, from its first step', () => {
    expect(at(user('Add a greeting'), model(0), tool, model(), user('Please improve it'))).toEqual(['review', 0]);
    expect(at(user('Add a greeting'), model(0), tool, model(), user('Please improve it'), model(2), tool)).toEqual([
      'review',
      1,
    ]);
  });

  it('goes on with the same conversation for a follow-up that none matches', () => {
    expect(at(user('Add a greeting'), model(), user('Go on'))).toEqual(['edit', 1]);
  });

  it('begins again when the same prompt comes again', () => {
    expect(at(user('Add a greeting'), model(), user('Add a greeting'))).toEqual(['edit', 0]);
  });

  it('takes the default from the start of what nothing matches', () => {
    expect(at(user('Hi'), model(), user('And now?'))).toEqual(['any', 1]);
  });

  it('has nothing without a default', () => {
    const strict = parseScenario({ conversations: [{ name: 'edit', match: 'greeting', steps: steps('one') }] });

    expect(scriptPosition(strict, [user('Hi')])).toBeUndefined();
  });

  it('has no step after the last one, or begins again', () => {
    expect(at(user('Please change it'), model(), tool, model(), user('more'))).toEqual(['review', undefined]);
    expect(at(user('loop'), model(0), tool, model(1), tool, model(2), tool)).toEqual(['stuck', 1]);
  });
});

describe('countReplies', () => {
  it('counts a reply once when its parts stand beside each other', () => {
    expect(countReplies([user('go'), model(), model(0), model(0), tool, tool, model()])).toBe(2);
  });

  it('counts a reply once when its calls stand apart', () => {
    expect(countReplies([user('go'), model(0), tool, model(0), tool])).toBe(1);
  });
});
