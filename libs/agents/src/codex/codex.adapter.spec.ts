import { describe, expect, it } from '@jest/globals';
import { AgentActivity_Kind as Kind, AgentActivity_Status as Status } from '@heddle/contracts';
import { brief, readLines, recorded } from '../protocol/spec-support/read-lines.js';
import { agentSpec, turnRequest } from '../protocol/spec-support/turn-request.js';
import { CodexAdapter } from './codex.adapter.js';

const adapter = new CodexAdapter();
const model = { provider: 'OPENAI', baseUrl: 'http://model/v1' } as const;
const read = (name: string, exitCode = 0): ReturnType<typeof readLines> =>
  readLines(adapter, recorded('codex', name), { exitCode });

describe('how codex is started', () => {
  it('in CODE, without its own sandbox, with the prompt as its standard input', () => {
    const { command, environment, files } = adapter.launch(turnRequest());
    expect(command.slice(3)).toEqual([
      '/run/heddle/prompt-1.md',
      '/opt/node',
      '/opt/agents/node_modules/.bin/codex',
      'exec',
      '--json',
      '--skip-git-repo-check',
      '--dangerously-bypass-approvals-and-sandbox',
      ...['-c', 'analytics.enabled=false'],
      ...['-c', 'check_for_update_on_startup=false'],
      '-',
    ]);
    expect(environment).toEqual({ A: '1' });
    expect(files).toEqual([{ name: 'prompt-1.md', content: 'Do it' }]);
  });

  it('with a model, an effort and more arguments, which the platform’s outrank', () => {
    const agent = agentSpec({ model: 'gpt-x', effort: 'high', args: ['-c', 'model_verbosity="low"'] });
    const { command, environment } = adapter.launch(turnRequest({ agent, model }));
    const words = command.slice(6);
    expect(words.indexOf('model_verbosity="low"')).toBeLessThan(words.indexOf('--json'));
    expect(words).toEqual(
      expect.arrayContaining([
        'model="gpt-x"',
        'model_reasoning_effort="high"',
        'model_provider="heddle"',
        'model_providers.heddle.base_url="http://model/v1"',
        'model_providers.heddle.env_key="HEDDLE_MODEL_KEY"',
      ]),
    );
    expect(environment).toEqual({ A: '1', HEDDLE_MODEL_KEY: 'heddle' });
  });

  it('goes on with a conversation', () => {
    const { command } = adapter.launch(turnRequest({ turn: 2, conversationId: '0f-1' }));
    expect(command.slice(6, 8)).toEqual(['exec', 'resume']);
    expect(command.slice(-2)).toEqual(['0f-1', '-']);
    expect(command[3]).toBe('/run/heddle/prompt-2.md');
  });

  it.each(['ASK', 'PLAN'] as const)('says in %s that nothing may change', (mode) => {
    const { command } = adapter.launch(turnRequest({ mode }));
    expect(command).toContainEqual(expect.stringMatching(/^developer_instructions=".*Do not change.*"$/));
  });

  it.each([
    ['-s', 'workspace-write'],
    ['--ephemeral'],
    ['--last'],
    ['-o', '/workspace/x'],
    ['-C', '/'],
    ['--worktree'],
    ['-c', 'sandbox_mode="read-only"'],
    ['-c', 'model_providers.heddle.base_url="http://elsewhere"'],
    ['-c', 'approval_policy="untrusted"'],
    ['-c', '"sandbox_mode"="read-only"'],
    ['-c', ' sandbox_mode="read-only"'],
  ])('refuses %s %s', (...args) => {
    expect(() => {
      adapter.validate(agentSpec({ args }));
    }).toThrow(expect.objectContaining({ reason: 'FIELD_INVALID' }));
  });

  it('refuses a model of another service', () => {
    const request = turnRequest({ model: { provider: 'ANTHROPIC', baseUrl: 'http://model' } });
    expect(() => adapter.launch(request)).toThrow(expect.objectContaining({ reason: 'FIELD_INVALID' }));
  });
});

describe('what codex printed', () => {
  it('edits', () => {
    const reading = read('edit');
    expect(brief(reading).slice(1)).toEqual([
      'REASONING SUCCEEDED item_1 Look first.',
      'MESSAGE SUCCEEDED item_2 I look at the file.',
      "COMMAND STARTED item_3 cat -- 'README.md'",
      "COMMAND SUCCEEDED item_3 cat -- 'README.md' exit 0",
      'FILE_CHANGE STARTED item_4 hello.txt',
      'FILE_CHANGE SUCCEEDED item_4 hello.txt',
      'FILE_CHANGE STARTED item_5 README.md',
      'FILE_CHANGE SUCCEEDED item_5 README.md',
      'MESSAGE SUCCEEDED item_6 Done.',
      'USAGE SUCCEEDED  300 tokens in, 60 out',
    ]);
    expect(reading.activities.flatMap(({ files }) => files.map(({ kind }) => kind))).toEqual([
      'ADDED',
      'ADDED',
      'MODIFIED',
      'MODIFIED',
    ]);
    expect(reading.isOver).toBe(true);
    expect(reading.report).toEqual({
      completed: true,
      conversationId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      answer: 'Done.',
      usage: { model: '', inputTokens: 300, cachedInputTokens: 0, outputTokens: 60, reasoningTokens: 0 },
      usageByModel: [{ model: '', inputTokens: 300, cachedInputTokens: 0, outputTokens: 60, reasoningTokens: 0 }],
    });
  });

  it('runs a command that fails, and goes on', () => {
    const reading = read('recover');
    expect(brief(reading)).toContain('COMMAND FAILED item_1 echo looking; ls missing-directory; exit 3 exit 3');
    expect(
      reading.activities.find(({ status, kind }) => kind === Kind.COMMAND && status === Status.FAILED)?.command?.output,
    ).toMatch(/^looking\n.*No such file/);
    expect(reading.report.completed).toBe(true);
  });

  it('goes on with its conversation; what it used is that of both turns', () => {
    const [first, second] = [read('turn-1').report, read('turn-2').report];
    expect(second.conversationId).toBe(first.conversationId);
    expect([first.usage?.inputTokens, second.usage?.inputTokens]).toEqual([200, 400]);
  });

  it.each([
    ['unauthorized', 'AGENT_AUTH_FAILED'],
    ['quota-exhausted', 'AGENT_QUOTA_EXHAUSTED'],
    ['rate-limited-always', 'AGENT_RATE_LIMITED'],
    ['overloaded', 'AGENT_RATE_LIMITED'],
    ['context-exceeded', 'AGENT_CONTEXT_EXHAUSTED'],
    ['cut', 'AGENT_STREAM_LOST'],
    ['server-error', 'AGENT_STREAM_LOST'],
  ])('%s is %s', (name, reason) => {
    const { isOver, report, activities } = read(name, 1);
    expect(isOver).toBe(true);
    expect(report).toMatchObject({ completed: false, failure: { reason } });
    expect(activities.filter((activity) => activity.reason === reason).length).toBeGreaterThan(0);
  });

  it('heals what broke once', () => {
    expect(read('cut-once').report).toMatchObject({ completed: true, answer: 'Done.' });
  });

  it.each(['hang-middle', 'interrupt-in-model'])('%s: without a last record it crashed', (name) => {
    const { isOver, report } = readLines(adapter, recorded('codex', name), { signal: 'SIGTERM' });
    expect(isOver).toBe(false);
    expect(report.failure).toEqual({
      reason: 'AGENT_CRASHED',
      message: 'ended with SIGTERM without saying how its turn ended',
    });
    expect(report.conversationId).toBeDefined();
  });
});

describe('what codex prints by its protocol', () => {
  const item = (fields: object): string => JSON.stringify({ type: 'item.completed', item: { id: 'i', ...fields } });
  const done = JSON.stringify({ type: 'turn.completed', usage: {} });

  it('plans, and calls other tools', () => {
    const items = [
      { text: 'Look', completed: true },
      { text: 'Edit', completed: false },
      { text: 'Test', completed: false },
    ];
    const { activities } = readLines(adapter, [
      item({ type: 'todo_list', items }),
      item({
        type: 'mcp_tool_call',
        server: 's',
        tool: 't',
        arguments: { a: 1 },
        result: { content: [] },
        status: 'completed',
      }),
      item({ type: 'web_search', query: 'q' }),
      item({ type: 'new_thing', detail: 1 }),
    ]);
    expect(activities[0]).toMatchObject({ kind: 'PLAN', summary: 'Edit' });
    expect(activities[0]?.plan.map(({ state }) => state)).toEqual(['DONE', 'ACTIVE', 'PENDING']);
    expect(activities[1]?.toolCall).toEqual({ server: 's', name: 't', input: '{"a":1}', output: '{"content":[]}' });
    expect(activities[2]?.toolCall).toMatchObject({ name: 'web_search', input: '{"query":"q"}' });
    expect(activities[3]?.toolCall).toMatchObject({ name: 'new_thing' });
  });

  it('a command that it was not let run is a refusal, unless a later one ran', () => {
    const declined = item({ type: 'command_execution', command: 'rm x', status: 'declined', exit_code: null });
    const ran = item({ type: 'command_execution', command: 'ls', status: 'completed', exit_code: 0 });
    expect(readLines(adapter, [declined, done]).report.failure?.reason).toBe('AGENT_REFUSED_TOOL');
    expect(readLines(adapter, [declined, ran, done]).report.completed).toBe(true);
    expect(readLines(adapter, [declined, done], {}, 'ASK').report.completed).toBe(true);
  });

  it('cuts what is long', () => {
    const output = 'x'.repeat(3_000_000);
    const [activity] = readLines(adapter, [
      item({ type: 'command_execution', command: 'c', aggregated_output: output, exit_code: 0 }),
    ]).activities;
    expect(activity).toMatchObject({ truncated: true });
    expect(activity?.command?.output).toHaveLength(16 * 1024);
  });
});
