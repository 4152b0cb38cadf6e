import { describe, expect, it } from '@jest/globals';
import { AgentActivity_Kind as Kind, AgentActivity_Status as Status } from '@heddle/contracts';
import { readLines, recorded } from '../protocol/spec-support/read-lines.js';
import { agentSpec, turnRequest } from '../protocol/spec-support/turn-request.js';
import { AcpAdapter } from './acp.adapter.js';
import { choosePermission } from './bridge/choose-permission.js';
import { RecordWriter } from './bridge/record-writer.js';
import { SessionPast } from './bridge/session-past.js';

const adapter = new AcpAdapter(['.my-agent']);
const agent = agentSpec({ kind: 'ACP', command: ['my-agent', '--acp'] });
const read = (name: string): ReturnType<typeof readLines> => readLines(adapter, recorded('acp', name));

describe('how an ACP agent is started', () => {
  it('by the bridge, with what it has to know in a file', () => {
    const model = { provider: 'OPENAI', baseUrl: 'http://model/v1' } as const;
    const { command, environment, files } = adapter.launch(turnRequest({ agent, model }));
    expect(command).toEqual(['/opt/node', '/opt/agents/bridge/main.js', '/run/heddle/acp-1.json']);
    expect(environment).toEqual({
      A: '1',
      HEDDLE_MODEL_PROVIDER: 'OPENAI',
      HEDDLE_MODEL_BASE_URL: 'http://model/v1',
    });
    expect(files.map(({ name }) => name)).toEqual(['prompt-1.md', 'acp-1.json']);
    expect(JSON.parse(files[1]?.content ?? '')).toEqual({
      command: ['my-agent', '--acp'],
      workspace: '/workspace',
      promptFile: '/run/heddle/prompt-1.md',
      mayChange: true,
      mcpServers: [],
    });
  });

  it.each([[['--auth-method', 'key']], [['--auth-method=key']]])(
    'with the way to log in that %j names; in other modes than CODE it may only look',
    (args) => {
      const { files } = adapter.launch(turnRequest({ agent: { ...agent, args }, mode: 'ASK' }));
      expect(JSON.parse(files[1]?.content ?? '')).toMatchObject({ authMethod: 'key', mayChange: false });
    },
  );

  it('in a further turn with the session of the one before, and what to say should it be lost', () => {
    const further = { turn: 2, conversationId: 's1', promptAfresh: 'All of it' };
    const { files } = adapter.launch(turnRequest({ agent, ...further }));
    expect(files[1]).toEqual({ name: 'prompt-2-afresh.md', content: 'All of it' });
    expect(JSON.parse(files[2]?.content ?? '')).toMatchObject({
      sessionId: 's1',
      promptFile: '/run/heddle/prompt-2.md',
      promptFileAfresh: '/run/heddle/prompt-2-afresh.md',
    });
  });

  it.each([
    ['no command', { command: [] }],
    ['a NUL in it', { command: ['a\0'] }],
    ['a model', { model: 'x' }],
    ['an effort', { effort: 'high' }],
    ['an option', { args: ['--yolo'] }],
  ])('not with %s', (_what, change) => {
    expect(() => adapter.validate({ ...agent, ...change })).toThrow(
      expect.objectContaining({ reason: 'FIELD_INVALID' }),
    );
  });
});

describe('what ACP agents say', () => {
  it.each(['gemini-edit', 'opencode-edit', 'claude-edit'])('is read from %s', (name) => {
    const reading = read(name);
    const ended = reading.activities.filter(({ status, kind }) => status !== Status.STARTED && kind !== Kind.TOOL_CALL);
    expect(ended.map(({ kind, summary }) => `${kind} ${summary}`)).toEqual([
      'MESSAGE I write a file.',
      'FILE_CHANGE hello.txt',
      'FILE_CHANGE README.md',
      'COMMAND echo because; exit 3',
      'MESSAGE Both files are done.',
    ]);
    expect(reading.report).toMatchObject({ completed: true, answer: 'Both files are done.' });
    expect(reading.isOver).toBe(true);
  });

  it.each(['gemini-unauthorized', 'opencode-unauthorized'])('is a failure in %s', (name) => {
    expect(read(name).report).toMatchObject({ completed: false, failure: { reason: 'AGENT_AUTH_FAILED' } });
  });

  it.each([
    ['{"type":"failed","cause":"GONE","message":"the agent ended with SIGKILL"}', 'AGENT_CRASHED'],
    ['{"type":"failed","cause":"ERROR","code":-32000,"message":"Authentication required"}', 'AGENT_AUTH_FAILED'],
    ['{"type":"failed","cause":"ERROR","code":-32603,"message":"Internal error"}', 'AGENT_ERROR'],
    ['{"type":"end","stopReason":"refusal"}', 'AGENT_ERROR'],
    ['{"type":"session","id":"s1"}', 'AGENT_CRASHED'],
  ])('%s is %s', (line, reason) => {
    expect(readLines(adapter, [line]).report.failure?.reason).toBe(reason);
  });
});

it('a failed command is told as one where the agent says how it ended', () => {
  const commands = (name: string): unknown[] =>
    read(name).activities.flatMap(({ kind, status, command }) =>
      kind === Kind.COMMAND ? [[status, command?.exitCode, command?.output]] : [],
    );
  expect(commands('opencode-edit')).toEqual([
    [Status.STARTED, undefined, ''],
    [Status.FAILED, 3, 'because\n'],
  ]);
  expect(commands('claude-edit').at(-1)).toEqual([Status.FAILED, undefined, expect.stringContaining('Exit code 3')]);
  expect(commands('gemini-edit').at(-1)).toEqual([Status.SUCCEEDED, undefined, '']);
});

it('a session that took the place of a lost one is said to have, in the agent’s words', () => {
  const session = { type: 'session', id: 's2', agent: '', resumes: true };
  const reading = (more: object): ReturnType<typeof readLines> =>
    readLines(adapter, [JSON.stringify({ ...session, ...more }), '{"type":"end","stopReason":"end_turn"}']);
  const { activities, report } = reading({ lost: 'Session not found' });
  expect(activities).toMatchObject([
    { kind: Kind.ERROR, reason: '', text: expect.stringMatching(/: Session not found$/) },
  ]);
  expect(report).toMatchObject({ completed: true, conversationLost: true, conversationId: 's2' });
  expect(reading({}).activities).toEqual([]);
  expect(reading({}).report).not.toHaveProperty('conversationLost');
});

describe('the end of a turn', () => {
  const end = (more: object): ReturnType<typeof readLines> =>
    readLines(adapter, [JSON.stringify({ type: 'end', stopReason: 'end_turn', ...more })]);
  const counted = (more: object): unknown => end(more).report.usageByModel;

  it('has its tokens where the agent tells them, with what came from a cache and what was thought', () => {
    const apart = { inputTokens: 10, cachedReadTokens: 70, cachedWriteTokens: 20, outputTokens: 5, thoughtTokens: 3 };
    const whole = { model: '', inputTokens: 100, cachedInputTokens: 70, outputTokens: 8, reasoningTokens: 3 };
    expect(counted({ usage: { ...apart, totalTokens: 108 } })).toEqual([whole]);
    expect(counted({ usage: apart })).toEqual([whole]);
    const within = { inputTokens: 100, cachedReadTokens: 70, outputTokens: 8, thoughtTokens: 3, totalTokens: 108 };
    expect(counted({ usage: within })).toEqual([whole]);
  });

  it('has those of each model as Gemini CLI tells them', () => {
    const count = (input_tokens: number, output_tokens: number) => ({ token_count: { input_tokens, output_tokens } });
    const model_usage = [
      { model: 'large', ...count(90, 9) },
      { model: 'small', ...count(10, 1) },
    ];
    const { report, activities } = end({ meta: { quota: { ...count(100, 10), model_usage } } });
    expect(report.usage).toMatchObject({ model: 'large', inputTokens: 100, outputTokens: 10 });
    expect(activities).toMatchObject([{ kind: Kind.USAGE, usage: { inputTokens: '100', outputTokens: '10' } }]);
  });

  it.each([[{}], [{ usage: null }], [{ usage: { inputTokens: 'many' } }], [{ meta: { quota: [] } }]])(
    'has none where it says %j',
    (more) => {
      expect(end(more).report).not.toHaveProperty('usage');
      expect(end(more).activities).toEqual([]);
    },
  );

  it.each([
    [true, 's1'],
    [false, undefined],
  ])(
    'leaves a session to go on with where the agent keeps them (%s), and none where it was broken off',
    (resumes, id) => {
      const session = JSON.stringify({ type: 'session', id: 's1', agent: '', resumes });
      const over = JSON.stringify({ type: 'end', stopReason: 'end_turn' });
      expect(readLines(adapter, [session, over]).report.conversationId).toBe(id);
      expect(readLines(adapter, [session]).report.conversationId).toBeUndefined();
    },
  );
});

describe('the bridge', () => {
  const option = (kind: 'allow_once' | 'allow_always' | 'reject_once') => ({ kind, optionId: kind, name: kind });

  it('allows what the sandbox allows, once where it can', () => {
    const toolCall = { toolCallId: '1', kind: 'edit' } as const;
    const options = [option('allow_always'), option('allow_once'), option('reject_once')];
    expect(choosePermission({ toolCall, options }, true)).toMatchObject({
      granted: true,
      option: { kind: 'allow_once' },
    });
    expect(choosePermission({ toolCall, options: [options[0]!] }, true).option?.kind).toBe('allow_always');
  });

  it('allows no more than looking where nothing may change', () => {
    const options = [option('allow_once'), option('reject_once')];
    expect(choosePermission({ toolCall: { toolCallId: '1', kind: 'read' }, options }, false).granted).toBe(true);
    for (const kind of ['edit', 'execute', 'other', undefined] as const)
      expect(choosePermission({ toolCall: { toolCallId: '1', kind }, options }, false)).toMatchObject({
        granted: false,
        option: { kind: 'reject_once' },
      });
    expect(choosePermission({ toolCall: { toolCallId: '1' }, options: [option('allow_once')] }, false).option).toBe(
      undefined,
    );
  });

  it('keeps back what is told of the past, also a little after the session was loaded', async () => {
    const past = new SessionPast({ quietMs: 40, limitMs: 60_000 });
    const taken: boolean[] = [past.takes()];
    await past.during(() => {
      taken.push(past.takes());
      setImmediate(() => taken.push(past.takes()));
      return Promise.resolve();
    });
    taken.push(past.takes());
    expect(taken).toEqual([false, true, true, false]);
  });

  it('keeps nothing back of the session that takes the place of one that could not be loaded', async () => {
    const past = new SessionPast({ quietMs: 40, limitMs: 60_000 });
    await expect(past.during(() => Promise.reject(new Error('lost')))).rejects.toThrow('lost');
    expect(past.takes()).toBe(false);
  });

  it('makes one line of what a message came in', () => {
    const lines: string[] = [];
    const writer = new RecordWriter((line) => lines.push(line));
    const say = (sessionUpdate: 'agent_message_chunk' | 'agent_thought_chunk', text: string): void =>
      writer.update({ sessionUpdate, content: { type: 'text', text } });
    say('agent_thought_chunk', 'Hm');
    say('agent_message_chunk', 'I wr');
    say('agent_message_chunk', 'ite.');
    writer.record({ type: 'end', stopReason: 'end_turn' });
    expect(lines.map((line) => JSON.parse(line) as { update?: { content: { text: string } } })).toMatchObject([
      { update: { content: { text: 'Hm' } } },
      { update: { content: { text: 'I write.' } } },
      { type: 'end' },
    ]);
  });
});
