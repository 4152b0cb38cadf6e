import { describe, expect, it } from '@jest/globals';
import { AgentActivity_Kind as Kind } from '@heddle/contracts';
import type { ModelProvider } from '@heddle/domain';
import type { TurnRequest } from '../agent-adapter.js';
import { brief, readLines, recorded } from '../protocol/spec-support/read-lines.js';
import { agentSpec, turnRequest } from '../protocol/spec-support/turn-request.js';
import { OpencodeAdapter } from './opencode.adapter.js';

const adapter = new OpencodeAdapter();
const agent = agentSpec({ model: 'm-1' });
const model = { provider: 'OPENAI_COMPATIBLE', baseUrl: 'http://model/v1' } as const;
const launch = (change: Partial<TurnRequest> = {}): ReturnType<OpencodeAdapter['launch']> =>
  adapter.launch(turnRequest({ agent, model, ...change }));
const configuration = (change: Partial<TurnRequest> = {}): unknown =>
  JSON.parse(launch(change).environment['OPENCODE_CONFIG_CONTENT'] ?? '');
const read = (name: string, exitCode = 0): ReturnType<typeof readLines> =>
  readLines(adapter, recorded('opencode', name), { exitCode });

describe('how OpenCode is started', () => {
  it('in CODE, with the prompt as its standard input', () => {
    const { command, environment, files } = launch();
    expect(command.slice(3)).toEqual([
      '/run/heddle/prompt-1.md',
      '/opt/agents/node_modules/.bin/opencode',
      'run',
      '--format',
      'json',
      '--thinking',
    ]);
    expect(environment).toMatchObject({ A: '1', OPENCODE_DISABLE_AUTOUPDATE: '1', OPENCODE_DISABLE_MODELS_FETCH: '1' });
    expect(files).toEqual([{ name: 'prompt-1.md', content: 'Do it' }]);
    expect(configuration()).toEqual({
      autoupdate: false,
      share: 'disabled',
      snapshot: false,
      permission: { '*': 'allow' },
      mcp: {},
      model: 'heddle/m-1',
      small_model: 'heddle/m-1',
      provider: {
        heddle: {
          npm: '@ai-sdk/openai-compatible',
          name: 'Heddle',
          options: { baseURL: 'http://model/v1', apiKey: 'heddle' },
          models: { 'm-1': { name: 'm-1' } },
        },
      },
    });
  });

  it.each([
    ['OPENAI', '@ai-sdk/openai', 'http://model'],
    ['ANTHROPIC', '@ai-sdk/anthropic', 'http://model/v1'],
    ['GEMINI', '@ai-sdk/google', 'http://model/v1beta'],
  ] as const)('speaks to a model of %s', (provider: ModelProvider, npm, baseURL) => {
    expect(configuration({ model: { provider, baseUrl: 'http://model' } })).toMatchObject({
      provider: { heddle: { npm, options: { baseURL } } },
    });
  });

  it('with an effort, more arguments and a conversation', () => {
    const change = { agent: agentSpec({ model: 'm-1', effort: 'high', args: ['--pure'] }), conversationId: 'ses_1' };
    expect(launch(change).command.slice(9)).toEqual(['--pure', '--variant', 'high', '--session', 'ses_1']);
    expect(configuration(change)).toMatchObject({ provider: { heddle: { models: { 'm-1': { reasoning: true } } } } });
  });

  it.each(['ASK', 'PLAN'] as const)('in %s has no tool that changes files', (mode) => {
    expect(configuration({ mode })).toMatchObject({ permission: { edit: 'deny', bash: 'deny' } });
    expect(launch({ mode }).command.slice(9)).toEqual(mode === 'PLAN' ? ['--agent', 'plan'] : []);
  });

  it.each([
    ['--format', 'default'],
    ['--session', 'x'],
    ['--continue'],
    ['--share'],
    ['--attach', 'http://elsewhere'],
    ['--dir', '/'],
    ['--agent', 'build'],
    ['other prompt'],
  ])('refuses %s %s', (...args) => {
    expect(() => {
      adapter.validate(agentSpec({ model: 'm-1', args }));
    }).toThrow(expect.objectContaining({ reason: 'FIELD_INVALID' }));
  });

  it('refuses a task that names no model', () => {
    expect(() => {
      adapter.validate(agentSpec());
    }).toThrow(expect.objectContaining({ reason: 'FIELD_INVALID' }));
  });
});

describe('what OpenCode printed', () => {
  it('edits', () => {
    const reading = read('edit');
    expect(brief(reading).map((line) => line.replaceAll(/prt_\w+/g, 'prt'))).toEqual([
      'MESSAGE SUCCEEDED prt I look at the file.',
      'TOOL_CALL SUCCEEDED call_r0_0 read {"filePath":"/workspace/README.md"}',
      'USAGE SUCCEEDED  100 tokens in, 20 out',
      'FILE_CHANGE SUCCEEDED call_r1_0 hello.txt',
      'FILE_CHANGE SUCCEEDED call_r1_1 README.md',
      'USAGE SUCCEEDED  200 tokens in, 40 out',
      'MESSAGE SUCCEEDED prt Done.',
      'USAGE SUCCEEDED  300 tokens in, 60 out',
    ]);
    expect(reading.activities.flatMap(({ files }) => files.map(({ kind }) => kind))).toEqual(['ADDED', 'MODIFIED']);
    expect(reading.isOver).toBe(true);
    expect(reading.report).toEqual({
      completed: true,
      conversationId: expect.stringMatching(/^ses_\w+$/),
      answer: 'Done.',
      usage: { model: '', inputTokens: 300, cachedInputTokens: 0, outputTokens: 60, reasoningTokens: 0 },
      usageByModel: [{ model: '', inputTokens: 300, cachedInputTokens: 0, outputTokens: 60, reasoningTokens: 0 }],
    });
  });

  it('runs a command that fails, and goes on', () => {
    const reading = read('recover');
    const [failed, succeeded] = reading.activities.filter(({ kind }) => kind === Kind.COMMAND);
    expect(failed).toMatchObject({ status: 'FAILED', command: { exitCode: 3 } });
    expect(succeeded).toMatchObject({ status: 'SUCCEEDED', command: { exitCode: 0, output: 'fixed\n' } });
    expect(reading.report.completed).toBe(true);
  });

  it.each([
    ['unauthorized', 'AGENT_AUTH_FAILED'],
    ['rate-limited-always', 'AGENT_RATE_LIMITED'],
    ['malformed', 'AGENT_STREAM_LOST'],
  ])('%s is %s', (name, reason) => {
    const { report, activities } = read(name, 1);
    expect(report).toMatchObject({ completed: false, failure: { reason } });
    expect(activities.at(-1)).toMatchObject({ kind: 'ERROR', reason });
  });

  it('is over after the summary of a conversation that was too long only when it went on', () => {
    const lines = recorded('opencode', 'context-exceeded');
    const summary = lines.findIndex((line) => line.includes('"step_finish"')) + 1;
    const inBetween = readLines(adapter, lines.slice(0, summary), { exitCode: 1 });
    expect(inBetween.isOver).toBe(false);
    expect(inBetween.report.failure?.reason).toBe('AGENT_CONTEXT_EXHAUSTED');
    const { isOver, report, activities } = read('context-exceeded', 1);
    expect(isOver).toBe(true);
    expect(report).toMatchObject({ completed: true, answer: 'Done.' });
    expect(activities.filter(({ text }) => text.includes('compacted'))).toEqual([]);
  });

  it.each(['cut-once', 'rate-limited-once', 'unknown-tool'])('%s ends well', (name) => {
    const { isOver, report } = readLines(adapter, recorded('opencode', name), { signal: 'SIGTERM' });
    expect(isOver).toBe(true);
    expect(report).toMatchObject({ completed: true, answer: 'Done.' });
  });

  it('without a last step it crashed', () => {
    const { isOver, report } = readLines(adapter, recorded('opencode', 'hang-middle'), { signal: 'SIGKILL' });
    expect(isOver).toBe(false);
    expect(report.failure?.reason).toBe('AGENT_CRASHED');
  });
});

describe('what OpenCode prints by its protocol', () => {
  const line = (type: string, part: object): string => JSON.stringify({ type, sessionID: 'ses_1', part });
  const finish = (reason: string): string =>
    line('step_finish', { reason, tokens: { input: 1, output: 2, reasoning: 3, cache: { read: 4, write: 5 } } });

  it('plans, and counts caches and reasoning', () => {
    const todos = [{ content: 'Look', status: 'in_progress' }];
    const { activities, report } = readLines(adapter, [
      line('tool_use', { tool: 'todowrite', callID: 'c', state: { status: 'completed', input: { todos } } }),
      line('reasoning', { id: 'p', text: 'Hm' }),
      finish('stop'),
    ]);
    expect(activities[0]?.plan).toEqual([{ text: 'Look', state: 'ACTIVE' }]);
    expect(activities[1]).toMatchObject({ kind: 'REASONING', text: 'Hm' });
    expect(report.usage).toMatchObject({ inputTokens: 10, cachedInputTokens: 4, outputTokens: 5, reasoningTokens: 3 });
  });

  it('a step after the last one takes the end back', () => {
    expect(readLines(adapter, [finish('stop'), line('step_start', {})]).isOver).toBe(false);
    expect(readLines(adapter, [finish('tool-calls')]).isOver).toBe(false);
  });

  it('an answer that was cut is no success', () => {
    expect(readLines(adapter, [finish('length')])).toMatchObject({
      isOver: true,
      report: { completed: false, failure: { reason: 'AGENT_ERROR' } },
    });
  });

  it('a permission that was rejected is a refusal where the turn may edit', () => {
    const error = 'The user rejected permission to use this specific tool call.';
    const lines = [
      line('tool_use', { tool: 'bash', callID: 'c', state: { status: 'error', input: {}, error } }),
      finish('stop'),
    ];
    expect(readLines(adapter, lines).report.failure).toEqual({ reason: 'AGENT_REFUSED_TOOL', message: error });
    expect(readLines(adapter, lines, {}, 'PLAN').report.completed).toBe(true);
  });
});
