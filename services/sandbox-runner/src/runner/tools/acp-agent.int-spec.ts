import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AgentActivity_Kind as Kind, AgentSpec, McpServer } from '@heddle/contracts';
import { SandboxOwner_Kind, type SandboxSpec } from '@heddle/contracts/internal';
import type { CaptureResult, SandboxOwnerRef, TurnResult } from '@heddle/contracts/workflows';
import { useTemporaryDirectories } from '@heddle/testing';
import { RunnerHarness } from '../../testing/runner-harness.js';
import { capture } from '../phases/capture.phase.js';
import { provision } from '../phases/provision.phase.js';
import { release } from '../phases/release.phase.js';
import { runTurn } from '../phases/run-turn.phase.js';

/** Speaks the Agent Client Protocol by hand; the prompt is the program of its turn, or what it says. */
const AGENT = `
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
const send = (message) => console.log(JSON.stringify({ jsonrpc: '2.0', ...message }));
const update = (update) => send({ method: 'session/update', params: { sessionId: 's1', update } });
const say = (text) => update({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } });
const asked = new Map();
const may = (toolCall) => new Promise((resolve) => {
  const id = 1000 + asked.size;
  asked.set(id, resolve);
  const options = ['allow_once', 'reject_once'].map((kind) => ({ optionId: kind, name: kind, kind }));
  send({ id, method: 'session/request_permission', params: { sessionId: 's1', toolCall, options } });
});
const does = (word) => process.argv.includes(word);
const kept = process.env.HOME + '/.gemini/tmp/s1.json';
createInterface({ input: process.stdin }).on('line', async (line) => {
  const { id, method, params, result } = JSON.parse(line);
  const answer = (result) => send({ id, result });
  if (method === 'initialize') answer({ protocolVersion: 1, agentCapabilities: { loadSession: does('keeps') }, authMethods: [] });
  else if (method === 'session/new') {
    rmSync(kept, { force: true });
    if (does('lists')) say(params.mcpServers.map(({ name, command }) => name + ' ' + command).join());
    answer({ sessionId: 's1' });
  } else if (method === 'session/load') {
    if (does('refuses')) return send({ id, error: { code: -32000, message: 'Authentication required' } });
    say('told once more');
    if (!existsSync(kept)) return send({ id, error: { code: -32602, message: 'no such session' } });
    answer({});
    setImmediate(() => say('told a little later'));
  } else if (method === 'session/prompt') {
    mkdirSync(process.env.HOME + '/.gemini/tmp', { recursive: true });
    appendFileSync(kept, JSON.stringify(params.prompt[0].text) + '\\n');
    const told = readFileSync(kept, 'utf8').trim().split('\\n').length;
    if (does('echoes')) {
      say(params.prompt[0].text);
      answer({ stopReason: 'end_turn' });
    } else await eval('(async () => {' + params.prompt[0].text + '})()');
  } else if (id !== undefined) asked.get(id)?.(result.outcome.optionId);
});
`;

let harness: RunnerHarness;

beforeAll(async () => {
  harness = await RunnerHarness.start(await temporary('acp'), `cat >agent.mjs <<'END'\n${AGENT}\nEND`);
});

afterAll(async () => {
  expect(await harness.stop()).toEqual([]);
});

const temporary = useTemporaryDirectories();

interface Taken {
  readonly turn: TurnResult;
  readonly captured: CaptureResult;
  readonly files: string[];
}

/** @param before absent: a first turn */
async function attempt(
  id: string,
  prompt: string,
  command = ['node', 'agent.mjs'],
  before?: { readonly captured: CaptureResult; readonly prompt: string },
  more: Partial<SandboxSpec> = {},
): Promise<Taken> {
  const number = before === undefined ? 1 : 2;
  const { commit = '', conversation } = before?.captured ?? {};
  const further = {
    owner: { kind: SandboxOwner_Kind.ATTEMPT, id, fence: '2' },
    resume: { commit, conversationId: conversation?.id ?? '', conversationCommit: conversation?.commit ?? '' },
    earlierPrompts: [before?.prompt ?? ''],
  };
  const owner: SandboxOwnerRef = { kind: 'ATTEMPT', id, fence: number };
  harness.attempt(id, [], {
    agent: { ...AgentSpec.create(), kind: 'ACP', command },
    prompt,
    turn: number,
    ...(before === undefined ? {} : further),
    ...more,
  });
  await provision(harness.context, owner, harness.signal);
  const turn = await runTurn(harness.context, owner, number, harness.signal);
  const captured = await capture(harness.context, { owner, turn: number, partial: false }, harness.signal);
  await release(harness.context, owner);
  return { turn, captured, files: await harness.store.list(captured.commit) };
}

describe('an agent that speaks the Agent Client Protocol', () => {
  it('works in its sandbox, with what it asks for, and its turn is over when it says so', async () => {
    const { turn, files } = await attempt(
      'acp-1',
      `
        say('I wr'); say('ite.');
        const call = { toolCallId: 'c1', title: 'made', kind: 'edit', locations: [{ path: '/workspace/made' }], rawInput: { a: 1 } };
        update({ sessionUpdate: 'tool_call', status: 'pending', ...call });
        const option = await may(call);
        if (option === 'allow_once') writeFileSync('made', 'x');
        update({ sessionUpdate: 'tool_call_update', toolCallId: 'c1', status: 'completed' });
        say('Done.');
        answer({ stopReason: 'end_turn' });
      `,
    );
    expect(turn).toMatchObject({ outcome: 'EXITED', report: { completed: true, answer: 'Done.' } });
    expect(files.some((file) => file.endsWith(' made'))).toBe(true);
    expect(harness.publisher.activities('acp-1').map(({ kind, summary }) => `${kind} ${summary}`)).toEqual([
      `${Kind.MESSAGE} I write.`,
      `${Kind.FILE_CHANGE} made`,
      `${Kind.FILE_CHANGE} made`,
      `${Kind.MESSAGE} Done.`,
    ]);
  });

  it.each([
    ['is gone', `process.exit(7);`, 'AGENT_CRASHED', 'the agent ended with exit code 7 before its turn was over'],
    ['says why not', `send({ id, error: { code: 429, message: 'slow down' } });`, 'AGENT_RATE_LIMITED', 'slow down'],
  ])('has failed where it %s', async (_what, prompt, reason, message) => {
    const { turn } = await attempt(`acp-${reason}`, prompt);
    expect(turn.report).toMatchObject({ completed: false, failure: { reason, message } });
  });

  it('has time to keep what it has once its input is at its end', async () => {
    const keepsAtEnd = `process.stdin.once('end', () => setTimeout(() => writeFileSync('kept', 'x'), 200));`;
    const { files } = await attempt('acp-end', `${keepsAtEnd} answer({ stopReason: 'end_turn' });`);
    expect(files.some((file) => file.endsWith(' kept'))).toBe(true);
  });

  it('is not begun where its program is not there', async () => {
    const { turn } = await attempt('acp-none', '', ['no-such-agent']);
    expect(turn.report?.failure?.message).toContain('could not be started');
  });

  it('goes on with its session where it keeps sessions; what it tells of the past is no part of the turn', async () => {
    const keeps = ['node', 'agent.mjs', 'keeps'];
    const prompt = `say('First.'); answer({ stopReason: 'end_turn' });`;
    const { captured } = await attempt('acp-kept', prompt, keeps);
    expect(captured.conversation).toMatchObject({ id: 's1' });
    const before = { captured, prompt };
    const second = `say('Heard ' + told); answer({ stopReason: 'end_turn', usage: { inputTokens: 7, outputTokens: 2 } });`;
    const { turn } = await attempt('acp-kept', second, keeps, before);
    expect(turn).toMatchObject({
      conversation: 'RESUMED',
      report: { completed: true, answer: 'Heard 2', usage: { inputTokens: 7, outputTokens: 2 } },
    });
    const said = harness.publisher.activities('acp-kept').filter(({ kind }) => kind === Kind.MESSAGE);
    expect(said.map(({ summary }) => summary)).toEqual(['First.', 'Heard 2']);
  });

  it('begins a new session where the one before is lost, is told the earlier messages, and goes on with the new one', async () => {
    const echoes = ['node', 'agent.mjs', 'keeps', 'echoes'];
    const { captured } = await attempt('acp-lost', 'Do it.', echoes);
    expect(captured.conversation).toMatchObject({ id: 's1' });
    const loses = ['bash', '-c', 'rm "$HOME/.gemini/tmp/s1.json" && exec "$@"', '-', ...echoes];
    const second = await attempt('acp-lost', 'And more.', loses, { captured, prompt: 'Do it.' });
    expect(second.turn).toMatchObject({ conversation: 'AFRESH', report: { completed: true } });
    expect(second.turn.report?.answer).toMatch(/Message 1:\nDo it\.\n\nNow you are asked:\nAnd more\./);
    expect(second.captured.conversation).toMatchObject({ id: 's1' });
    await harness.until(() => harness.publisher.hasEnded('acp-lost'));
    const told = harness.publisher.activities('acp-lost').map(({ kind, summary }) => `${kind} ${summary}`);
    expect(told).toEqual([
      `${Kind.MESSAGE} Do it.`,
      expect.stringMatching(/^ERROR its session .* is lost, so a new one begins .*: no such session$/),
      expect.stringMatching(/^MESSAGE You have worked on this before/),
    ]);
  });

  it('fails where its session can not be opened for another reason than that it is lost', async () => {
    const prompt = `answer({ stopReason: 'end_turn' });`;
    const { captured } = await attempt('acp-refuses', prompt, ['node', 'agent.mjs', 'keeps']);
    const refuses = ['node', 'agent.mjs', 'keeps', 'refuses'];
    const { turn } = await attempt('acp-refuses', prompt, refuses, { captured, prompt });
    expect(turn).toMatchObject({
      conversation: 'RESUMED',
      report: { completed: false, failure: { reason: 'AGENT_AUTH_FAILED' } },
    });
  });

  it("is told of the environment's MCP servers, and goes without one that it does not take: its activity says so", async () => {
    const environmentMcpServers = [
      { ...McpServer.create(), name: 'notes', command: ['node', 'notes.mjs'] },
      { ...McpServer.create(), name: 'docs', url: 'https://mcp.example.com' },
    ];
    const lists = ['node', 'agent.mjs', 'lists', 'echoes'];
    const { turn } = await attempt('acp-servers', 'Do it.', lists, undefined, { environmentMcpServers });
    expect(turn.report).toMatchObject({ completed: true });
    await harness.until(() => harness.publisher.hasEnded('acp-servers'));
    expect(harness.publisher.activities('acp-servers').map(({ summary }) => summary)).toEqual([
      `it takes no MCP server by HTTP: it goes without the environment's "docs"`,
      'notes node',
      'Do it.',
    ]);
  });

  it('is told the earlier messages once more where it keeps no sessions', async () => {
    const echoes = ['node', 'agent.mjs', 'echoes'];
    const { captured } = await attempt('acp-afresh', 'Do it.', echoes);
    expect(captured).not.toHaveProperty('conversation');
    const { turn } = await attempt('acp-afresh', 'And more.', echoes, { captured, prompt: 'Do it.' });
    expect(turn).toMatchObject({ conversation: 'AFRESH', report: { completed: true } });
    expect(turn.report?.answer).toMatch(/Message 1:\nDo it\.\n\nNow you are asked:\nAnd more\./);
  });
});
