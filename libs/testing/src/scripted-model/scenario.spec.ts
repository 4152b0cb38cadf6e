import { describe, expect, it } from '@jest/globals';
import { parseScenario, ScenarioError, scenarioJsonSchema } from './scenario.js';

const closing = { text: 'Done.' };

function issuesOf(value: unknown): readonly { path: string; message: string }[] {
  try {
    parseScenario(value);
  } catch (error) {
    if (error instanceof ScenarioError) return error.issues;
    throw error;
  }
  return [];
}

const pathsOf = (value: unknown): string[] => issuesOf(value).map(({ path }) => path);
const withSteps = (...steps: unknown[]): unknown => ({ conversations: [{ name: 'one', steps }] });

describe('parseScenario', () => {
  it('fills in what a short scenario leaves out', () => {
    const scenario = parseScenario(withSteps(closing, { fault: { kind: 'hang' } }));

    expect(scenario).toMatchObject({ models: ['scripted-1'], delayMs: 0, toolless: 'side' });
    expect(scenario.conversations[0]).toMatchObject({
      whenDone: 'end',
      steps: [
        { usage: { input: 100, cachedInput: 0, output: 20, reasoning: 0 } },
        { fault: { kind: 'hang', from: 'start' } },
      ],
    });
  });

  it.each<[string, unknown, string]>([
    ['nothing', undefined, ''],
    ['no conversation', { conversations: [] }, 'conversations'],
    ['a conversation without steps', withSteps(), 'conversations.0.steps'],
    ['a step without anything', withSteps(closing, { delayMs: 5 }), 'conversations.0.steps.1'],
    ['a tool that nobody knows', withSteps({ tools: [{ tool: 'teleport' }] }), 'conversations.0.steps.0.tools.0.tool'],
    ['a tool without its input', withSteps({ tools: [{ tool: 'shell' }] }), 'conversations.0.steps.0.tools.0.command'],
    ['a fault that nobody knows', withSteps({ fault: { kind: 'gremlins' } }), 'conversations.0.steps.0.fault.kind'],
    [
      'a fault that never happens',
      withSteps({ fault: { kind: 'cut', times: 0 } }),
      'conversations.0.steps.0.fault.times',
    ],
    ['negative tokens', withSteps({ ...closing, usage: { input: -1 } }), 'conversations.0.steps.0.usage.input'],
    ['a misspelt key', withSteps({ ...closing, delay: 5 }), 'conversations.0.steps.0'],
    [
      'a limit of none',
      { conversations: [{ name: 'a', steps: [closing] }], limit: { concurrent: 0 } },
      'limit.concurrent',
    ],
  ])('refuses %s, and says where', (_, value, path) => {
    expect(pathsOf(value)).toEqual([path]);
  });

  it('refuses a pattern that is none', () => {
    const scenario = { conversations: [{ name: 'a', match: { pattern: '(' }, steps: [closing] }] };

    expect(pathsOf(scenario)).toEqual(['conversations.0.match.pattern']);
  });

  it('refuses names that are taken, and a second default', () => {
    const twice = { name: 'one', steps: [closing] };

    expect(issuesOf({ conversations: [twice, twice] })).toEqual([
      { path: 'conversations.1.name', message: 'The name one is taken.' },
      { path: 'conversations.1', message: 'Only one conversation may go without a match.' },
    ]);
  });

  it('puts each mistake on a line of the error', () => {
    expect(() => parseScenario(withSteps({ tools: [{ tool: 'shell' }] }))).toThrow(
      /^conversations\.0\.steps\.0\.tools\.0\.command: /,
    );
  });
});

describe('scenarioJsonSchema', () => {
  it('describes what authors write: what has a default is not required', () => {
    expect(scenarioJsonSchema()).toMatchObject({ type: 'object', required: ['conversations'] });
  });
});
