import { describe, expect, it } from '@jest/globals';
import { AgentActivity_Kind as Kind, AgentActivity_Status as Status } from '@heddle/contracts';
import { brief, readLines, recorded } from '../protocol/spec-support/read-lines.js';
import { agentSpec, PLACES, turnRequest } from '../protocol/spec-support/turn-request.js';
import { ClaudeCodeAdapter } from './claude-code.adapter.js';
import { OutputWatch } from './bridge/output-watch.js';

const adapter = new ClaudeCodeAdapter();
const read = (name: string, exitCode = 0): ReturnType<typeof readLines> =>
  readLines(adapter, recorded('claude-code', name), { exitCode });

describe('how Claude Code is started', () => {
  it('in CODE, asking nobody, with the prompt as its standard input', () => {
    const { command, environment, files } = adapter.launch(turnRequest());
    expect(command.slice(3)).toEqual([
      '/run/heddle/prompt-1.md',
      '/opt/agents/node_modules/.bin/claude',
      '-p',
      '--output-format',
      'stream-json',
      '--verbose',
      '--dangerously-skip-permissions',
    ]);
    expect(environment).toEqual({
      A: '1',
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      CLAUDE_CODE_MAX_RETRIES: '5',
      DISABLE_AUTOUPDATER: '1',
      IS_SANDBOX: '1',
    });
    expect(files).toEqual([{ name: 'prompt-1.md', content: 'Do it' }]);
  });

  it('by the bridge where there is one, which keeps its input open for messages', () => {
    const places = { ...PLACES, bridges: '/opt/bridges' };
    const { command } = adapter.launch(turnRequest({ turn: 2, places }));
    expect(command.slice(3)).toEqual([
      '/run/heddle/prompt-2.md',
      ...['/opt/node', '/opt/bridges/claude-code/main.js', '/run/heddle', 'steer-2-'],
      ...['/opt/agents/node_modules/.bin/claude', '-p', '--input-format', 'stream-json'],
      ...['--output-format', 'stream-json', '--verbose', '--dangerously-skip-permissions'],
    ]);
  });

  it('with a model, an effort, more arguments and a conversation', () => {
    const agent = agentSpec({ model: 'opus', effort: 'max', args: ['--max-turns', '3'] });
    const model = { provider: 'ANTHROPIC', baseUrl: 'http://model/v1' } as const;
    const variables = { ANTHROPIC_API_KEY: 'of the environment' };
    const { command, environment } = adapter.launch(turnRequest({ agent, model, variables, conversationId: '0f-1' }));
    expect(command.slice(9)).toEqual([
      ...['--max-turns', '3', '--model', 'opus', '--effort', 'max'],
      ...['--dangerously-skip-permissions', '--resume', '0f-1'],
    ]);
    expect(environment).toMatchObject({ ANTHROPIC_BASE_URL: 'http://model', ANTHROPIC_API_KEY: 'heddle' });
  });

  it.each([
    ['ASK', 'dontAsk'],
    ['PLAN', 'plan'],
  ] as const)('in %s lets only reading through', (mode, permissions) => {
    const { command } = adapter.launch(turnRequest({ mode }));
    expect(command.slice(-4)).toEqual(['--permission-mode', permissions, '--permission-prompts', 'none']);
    expect(command).not.toContain('--dangerously-skip-permissions');
  });

  it.each([
    ['--output-format', 'text'],
    ['--permission-mode', 'plan'],
    ['--resume', 'x'],
    ['--session-id', 'x'],
    ['--no-session-persistence'],
    ['--settings', '{}'],
    ['--fork-session'],
    ['--bg'],
    ['--', 'other prompt'],
    ['other prompt'],
  ])('refuses %s %s', (...args) => {
    expect(() => {
      adapter.validate(agentSpec({ args }));
    }).toThrow(expect.objectContaining({ reason: 'FIELD_INVALID' }));
  });
});

describe('what Claude Code printed', () => {
  it('edits', () => {
    const reading = read('edit');
    expect(brief(reading)).toEqual([
      'REASONING SUCCEEDED msg_r0 Look first.',
      'MESSAGE SUCCEEDED msg_r0 I look at the file.',
      'TOOL_CALL STARTED call_r0_0 Read {"file_path":"/workspace/README.md"}',
      'TOOL_CALL SUCCEEDED call_r0_0 Read {"file_path":"/workspace/README.md"}',
      'FILE_CHANGE STARTED call_r1_0 hello.txt',
      'TOOL_CALL STARTED call_r1_1 Read {"file_path":"/workspace/README.md"}',
      'FILE_CHANGE STARTED call_r1_2 README.md',
      'FILE_CHANGE SUCCEEDED call_r1_0 hello.txt',
      'TOOL_CALL SUCCEEDED call_r1_1 Read {"file_path":"/workspace/README.md"}',
      'FILE_CHANGE SUCCEEDED call_r1_2 README.md',
      'MESSAGE SUCCEEDED msg_r2 Done.',
      'USAGE SUCCEEDED  300 tokens in, 60 out',
    ]);
    const ended = reading.activities.filter(
      ({ kind, status }) => kind === Kind.FILE_CHANGE && status === Status.SUCCEEDED,
    );
    expect(ended.map(({ files }) => files[0]?.kind)).toEqual(['ADDED', 'MODIFIED']);
    expect(reading.report).toEqual({
      completed: true,
      conversationId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      answer: 'Done.',
      usage: { model: 'scripted-1', inputTokens: 300, cachedInputTokens: 0, outputTokens: 60, reasoningTokens: 0 },
      usageByModel: [
        { model: 'scripted-1', inputTokens: 300, cachedInputTokens: 0, outputTokens: 60, reasoningTokens: 0 },
      ],
    });
  });

  it('runs a command that fails, and goes on', () => {
    const reading = read('recover');
    const [failed, succeeded] = reading.activities.filter(
      ({ kind, status }) => kind === Kind.COMMAND && status !== Status.STARTED,
    );
    expect(failed).toMatchObject({ status: 'FAILED', command: { exitCode: 3 } });
    expect(failed?.command?.output).toMatch(/^looking\nls: cannot access/);
    expect(succeeded).toMatchObject({ status: 'SUCCEEDED', command: { exitCode: 0, output: 'fixed' } });
    expect(reading.report.completed).toBe(true);
  });

  it('goes on with its conversation; what it used is that of the turn', () => {
    const [first, second] = [read('turn-1').report, read('turn-2').report];
    expect(second.conversationId).toBe(first.conversationId);
    expect([first.usage?.inputTokens, second.usage?.inputTokens]).toEqual([200, 200]);
  });

  // It calls all of them is_error with the subtype "success".
  it.each([
    ['unauthorized', 'AGENT_AUTH_FAILED'],
    ['quota-exhausted', 'AGENT_QUOTA_EXHAUSTED'],
    ['rate-limited-always', 'AGENT_RATE_LIMITED'],
    ['overloaded', 'AGENT_RATE_LIMITED'],
    ['context-exceeded', 'AGENT_CONTEXT_EXHAUSTED'],
    ['cut', 'AGENT_STREAM_LOST'],
    ['malformed', 'AGENT_STREAM_LOST'],
    ['server-error', 'AGENT_STREAM_LOST'],
  ])('%s is %s', (name, reason) => {
    const { isOver, report, activities } = read(name, 1);
    expect(isOver).toBe(true);
    expect(report).toMatchObject({ completed: false, failure: { reason } });
    expect(activities.at(-1)).toMatchObject({ kind: 'ERROR', reason });
    expect(report.answer).toBeUndefined();
  });

  it('a tool that was refused is a failure where the turn may edit, though the result is a success', () => {
    expect(read('refused-tool').report).toMatchObject({ completed: false, failure: { reason: 'AGENT_REFUSED_TOOL' } });
    const asked = readLines(adapter, recorded('claude-code', 'refused-tool'), {}, 'ASK');
    expect(asked.report).toMatchObject({ completed: true });
    expect(brief(asked).join('\n')).not.toContain('AGENT_REFUSED_TOOL');
  });

  it('is no success where it was interrupted, though it exits with 0', () => {
    for (const name of ['interrupt-in-model', 'interrupt-in-command']) {
      expect(read(name).report).toMatchObject({ completed: false, failure: { reason: 'AGENT_ERROR' } });
    }
  });

  it('a tool that there is not is a mistake and no refusal', () => {
    expect(read('unknown-tool').report.completed).toBe(true);
  });

  it.each(['cut-once', 'rate-limited-once'])('%s heals', (name) => {
    const reading = read(name);
    expect(reading.report).toMatchObject({ completed: true, answer: 'Done.' });
  });

  it('without a result it crashed', () => {
    const { isOver, report } = readLines(adapter, recorded('claude-code', 'hang-middle'), { exitCode: 143 });
    expect(isOver).toBe(false);
    expect(report.failure).toMatchObject({
      reason: 'AGENT_CRASHED',
      message: expect.stringContaining('exit code 143'),
    });
  });
});

describe('what Claude Code prints by its protocol', () => {
  const use = (name: string, input: object, id = 'u'): string =>
    JSON.stringify({ type: 'assistant', message: { id: 'm', content: [{ type: 'tool_use', id, name, input }] } });

  it('plans, asks and calls tools of servers', () => {
    const todos = [
      { content: 'Look', status: 'completed' },
      { content: 'Edit', status: 'in_progress' },
    ];
    const { activities } = readLines(adapter, [
      use('TodoWrite', { todos }),
      use('AskUserQuestion', { questions: [{ question: 'Which?' }] }),
      use('mcp__files__read__all', { a: 1 }),
      use('NotebookEdit', { notebook_path: '/workspace/n.ipynb' }),
    ]);
    expect(activities[0]?.plan.map(({ state }) => state)).toEqual(['DONE', 'ACTIVE']);
    expect(activities[1]).toMatchObject({ kind: 'QUESTION', text: 'Which?' });
    expect(activities[2]?.toolCall).toMatchObject({ server: 'files', name: 'read__all' });
    expect(activities[3]?.files).toEqual([{ path: 'n.ipynb', kind: 'MODIFIED' }]);
  });

  it('sums the models of its own agents, and counts caches as input', () => {
    const usage = {
      inputTokens: 10,
      cacheReadInputTokens: 5,
      cacheCreationInputTokens: 1,
      outputTokens: 2,
      thinkingTokens: 1,
    };
    const models = { big: { ...usage, outputTokens: 7 }, small: usage };
    const line = JSON.stringify({ type: 'result', is_error: false, model_usage_since_last_result: models });
    expect(readLines(adapter, [line]).report.usage).toEqual({
      model: 'big',
      inputTokens: 32,
      cachedInputTokens: 10,
      outputTokens: 9,
      reasoningTokens: 2,
    });
  });

  it('is not over while prompts wait in its queue', () => {
    const line = JSON.stringify({ type: 'result', is_error: false, queued_turn_count: 1 });
    expect(readLines(adapter, [line]).isOver).toBe(false);
  });
});

describe('a message into a turn that runs', () => {
  const line = (record: object): string => JSON.stringify(record);
  const result = (queued: number): string => line({ type: 'result', queued_turn_count: queued, result: 'x' });

  it('is in the report by its number, once', () => {
    const steered = line({ type: 'heddle_steered', number: 3 });
    expect(readLines(adapter, [steered, steered, result(0)]).report).toMatchObject({ completed: true, steered: [3] });
    expect(readLines(adapter, [result(0)]).report).not.toHaveProperty('steered');
  });

  it('has the turn go on that seemed to be over', () => {
    const init = line({ type: 'system', subtype: 'init', session_id: 's' });
    expect(readLines(adapter, [init, result(1)]).isOver).toBe(false);
    expect(readLines(adapter, [init, result(0), init]).isOver).toBe(false);
    expect(readLines(adapter, [init, result(0), init, result(0)]).isOver).toBe(true);
  });

  it('is waited for until the program says that nothing is left to do, however its lines come in', () => {
    let done = 0;
    const watch = new OutputWatch(() => (done += 1));
    const bytes = Buffer.from(
      `${line({ type: 'user', text: '"result"' })}\n${result(1)}\nno JSON "result"\n${result(0)}\n`,
    );
    for (const byte of bytes) watch.take(Buffer.from([byte]));
    expect(done).toBe(1);
    expect(watch.isBetweenLines).toBe(true);
    watch.take(Buffer.from(`${result(0)}\n{"half`));
    expect(done).toBe(2);
    expect(watch.isBetweenLines).toBe(false);
  });
});
