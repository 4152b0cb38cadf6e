import { describe, expect, it } from '@jest/globals';
import { AgentActivity_Kind as Kind, AgentActivity_Status as Status } from '@heddle/contracts';
import { readLines, recorded } from '../protocol/spec-support/read-lines.js';
import { agentSpec, turnRequest } from '../protocol/spec-support/turn-request.js';
import { AcpAdapter } from './acp.adapter.js';
import { choosePermission } from './bridge/choose-permission.js';
import { RecordWriter } from './bridge/record-writer.js';

const adapter = new AcpAdapter();
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
