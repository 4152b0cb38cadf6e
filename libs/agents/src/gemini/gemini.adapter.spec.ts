import { describe, expect, it } from '@jest/globals';
import { AgentActivity_Kind as Kind } from '@heddle/contracts';
import { brief, readLines, recorded } from '../protocol/spec-support/read-lines.js';
import { agentSpec, turnRequest } from '../protocol/spec-support/turn-request.js';
import { GeminiAdapter } from './gemini.adapter.js';

const adapter = new GeminiAdapter();
const read = (name: string, exitCode = 0): ReturnType<typeof readLines> =>
  readLines(adapter, recorded('gemini', name), { exitCode });

describe('how Gemini CLI is started', () => {
  it('in CODE, approving of everything, with its settings in the home and the prompt as its standard input', () => {
    const { command, environment, files } = adapter.launch(turnRequest());
    expect(command.slice(3)).toEqual([
      '/run/heddle/prompt-1.md',
      '/run/heddle/gemini-settings-1.json',
      '/home/agent/.gemini/settings.json',
      '/opt/node',
      '/opt/agents/node_modules/.bin/gemini',
      ...['--output-format', 'stream-json', '--skip-trust', '--approval-mode', 'yolo'],
    ]);
    expect(environment).toEqual({ A: '1', GEMINI_CLI_NO_RELAUNCH: 'true' });
    expect(files.map(({ name }) => name)).toEqual(['prompt-1.md', 'gemini-settings-1.json']);
    expect(JSON.parse(files[1]?.content ?? '')).toEqual({
      security: { auth: { selectedType: 'gemini-api-key' } },
      privacy: { usageStatisticsEnabled: false },
      general: { disableAutoUpdate: true, maxAttempts: 5 },
      mcpServers: {},
    });
  });

  it('with a model, more arguments and a conversation', () => {
    const agent = agentSpec({ model: 'gemini-x', args: ['-e', 'none'] });
    const model = { provider: 'GEMINI', baseUrl: 'http://model/v1beta' } as const;
    const { command, environment } = adapter.launch(turnRequest({ agent, model, conversationId: '0f-1' }));
    expect(command.slice(11)).toEqual([
      ...['-e', 'none', '--approval-mode', 'yolo', '--model', 'gemini-x', '--resume', '0f-1'],
    ]);
    expect(environment).toMatchObject({ GOOGLE_GEMINI_BASE_URL: 'http://model', GEMINI_API_KEY: 'heddle' });
  });

  it.each(['ASK', 'PLAN'] as const)('in %s only reads, and can not let itself out of that', (mode) => {
    const { command, files } = adapter.launch(turnRequest({ mode }));
    expect(command.slice(-2)).toEqual(['--approval-mode', 'plan']);
    expect(JSON.parse(files[1]?.content ?? '')).toMatchObject({ tools: { exclude: ['exit_plan_mode'] } });
  });

  it.each([
    ['--yolo'],
    ['--approval-mode', 'default'],
    ['-o', 'text'],
    ['--resume', 'latest'],
    ['--acp'],
    ['--sandbox'],
    ['-w', 'tree'],
    ['--policy', '/workspace/p.toml'],
    ['-p', 'other prompt'],
  ])('refuses %s %s', (...args) => {
    expect(() => {
      adapter.validate(agentSpec({ args }));
    }).toThrow(expect.objectContaining({ reason: 'FIELD_INVALID' }));
  });

  it('refuses an effort: it has no such setting', () => {
    expect(() => {
      adapter.validate(agentSpec({ effort: 'high' }));
    }).toThrow(expect.objectContaining({ reason: 'FIELD_INVALID' }));
  });
});

describe('what Gemini CLI printed', () => {
  it('edits, with its messages whole', () => {
    const reading = read('edit');
    expect(brief(reading)).toEqual([
      'MESSAGE SUCCEEDED  I look at the file.',
      'TOOL_CALL STARTED read_file__call_r0_0 read_file {"file_path":"README.md"}',
      'TOOL_CALL SUCCEEDED read_file__call_r0_0 read_file {"file_path":"README.md"}',
      'FILE_CHANGE STARTED write_file__call_r1_0 hello.txt',
      'FILE_CHANGE STARTED replace__call_r1_1 README.md',
      'FILE_CHANGE SUCCEEDED write_file__call_r1_0 hello.txt',
      'FILE_CHANGE SUCCEEDED replace__call_r1_1 README.md',
      'MESSAGE SUCCEEDED  Done.',
      'USAGE SUCCEEDED  300 tokens in, 60 out',
    ]);
    expect(reading.isOver).toBe(true);
    expect(reading.report).toEqual({
      completed: true,
      conversationId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      answer: 'Done.',
      usage: { model: 'gemini-2.5-pro', inputTokens: 300, cachedInputTokens: 0, outputTokens: 60, reasoningTokens: 0 },
      usageByModel: [
        { model: 'gemini-2.5-pro', inputTokens: 300, cachedInputTokens: 0, outputTokens: 60, reasoningTokens: 0 },
      ],
    });
  });

  it('runs a command, of which it doesn’t say how it ended', () => {
    const [, failed] = read('recover').activities.filter(({ kind }) => kind === Kind.COMMAND);
    expect(failed?.command).toMatchObject({ exitCode: undefined, output: expect.stringContaining('cannot access') });
  });

  it('plans', () => {
    const steps = read('plan').activities.filter(({ kind }) => kind === Kind.PLAN);
    expect(steps.at(-1)?.plan.map(({ text, state }) => [text, state])).toEqual([
      ['Look', 'ACTIVE'],
      ['Edit', 'PENDING'],
    ]);
  });

  it.each([
    ['unauthorized', 145, 'AGENT_AUTH_FAILED'],
    ['quota-exhausted', 173, 'AGENT_QUOTA_EXHAUSTED'],
    ['context-exceeded', 144, 'AGENT_CONTEXT_EXHAUSTED'],
    ['cut', 1, 'AGENT_STREAM_LOST'],
    ['malformed', 1, 'AGENT_STREAM_LOST'],
  ])('%s is %s %s', (name, exitCode, reason) => {
    const { isOver, report, activities } = read(name, exitCode);
    expect(isOver).toBe(true);
    expect(report).toMatchObject({ completed: false, failure: { reason } });
    expect(activities.at(-1)).toMatchObject({ kind: 'ERROR', reason });
  });

  it('a loop that it stopped is no success, whatever it calls it', () => {
    expect(read('same-command-for-ever').report).toMatchObject({
      completed: false,
      failure: { reason: 'AGENT_STUCK' },
    });
  });

  it('a tool that there is not is a mistake and no refusal', () => {
    expect(read('unknown-tool').report.completed).toBe(true);
  });

  it.each(['hang-middle', 'interrupt-in-command', 'interrupt-in-model'])('%s: it exits with 0 and crashed', (name) => {
    const { isOver, report } = read(name, 0);
    expect(isOver).toBe(false);
    expect(report).toMatchObject({ completed: false, failure: { reason: 'AGENT_CRASHED' } });
  });
});

describe('what Gemini CLI prints by its protocol', () => {
  const line = (type: string, fields: object): string => JSON.stringify({ type, ...fields });
  const failed = line('result', { status: 'error', error: { message: '[API Error: no words]' } });

  it.each([
    [145, 'AGENT_AUTH_FAILED'],
    [173, 'AGENT_RATE_LIMITED'],
    [17, 'AGENT_RATE_LIMITED'],
    [244, 'AGENT_STREAM_LOST'],
    [1, 'AGENT_ERROR'],
  ])('where its words say nothing, exit code %i is %s', (exitCode, reason) => {
    expect(readLines(adapter, [failed], { exitCode }).report.failure).toEqual({
      reason,
      message: '[API Error: no words]',
    });
  });

  it('without a key it does not begin', () => {
    expect(readLines(adapter, [], { exitCode: 41 }).report.failure?.reason).toBe('AGENT_AUTH_FAILED');
  });

  it('what its policy denies is a refusal where the turn may edit', () => {
    const lines = [
      line('tool_result', { tool_id: 'x', status: 'error', error: { type: 'policy_violation', message: 'denied' } }),
      line('result', { status: 'success', stats: {} }),
    ];
    expect(readLines(adapter, lines).report.failure).toEqual({ reason: 'AGENT_REFUSED_TOOL', message: 'denied' });
    expect(readLines(adapter, lines, {}, 'PLAN').report.completed).toBe(true);
  });

  it('counts what it thought as output', () => {
    const stats = { input_tokens: 10, output_tokens: 2, total_tokens: 15, cached: 4 };
    expect(readLines(adapter, [line('result', { status: 'success', stats })]).report.usage).toEqual({
      model: '',
      inputTokens: 10,
      cachedInputTokens: 4,
      outputTokens: 5,
      reasoningTokens: 3,
    });
  });
});
