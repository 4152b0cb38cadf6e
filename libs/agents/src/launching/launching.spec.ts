import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AgentSpec } from '@heddle/contracts';
import type { HeddleError } from '@heddle/domain';
import fc from 'fast-check';
import { ClaudeCodeAdapter } from '../claude-code/claude-code.adapter.js';
import { CodexAdapter } from '../codex/codex.adapter.js';
import { GeminiAdapter } from '../gemini/gemini.adapter.js';
import { OpencodeAdapter } from '../opencode/opencode.adapter.js';
import { agentSpec, turnRequest } from '../protocol/spec-support/turn-request.js';
import { checkAgent, checkTurn, type AgentRules } from './check-agent.js';
import { isConversationId } from './conversation-id.js';
import { withPath, withoutPath } from './model-address.js';
import { agentProgram } from './program.js';
import { withPrompt } from './prompt-file.js';

const places = { workspace: '/workspace', home: '/home/agent', run: '/run/heddle', node: '/usr/bin/node' };
const agent: AgentSpec = {
  kind: 'X',
  command: [],
  version: '',
  model: '',
  effort: '',
  args: [],
  credentialId: '',
  mcpServers: [],
};
const rules: AgentRules = {
  options: {
    '--flag': 'flag',
    '--text': 'value',
    '-c': (value) => (value === 'good' ? undefined : 'is bad'),
  },
  efforts: ['low', 'high'],
};

function violations(change: Partial<AgentSpec>, changedRules = rules): string[] {
  try {
    checkAgent({ ...agent, ...change }, changedRules);
    return [];
  } catch (error) {
    const { reason, violations } = error as HeddleError;
    expect(reason).toBe('FIELD_INVALID');
    return violations.map(({ field }) => field);
  }
}

describe('what a task may say of its agent', () => {
  it.each([
    [{}],
    [{ model: 'claude-opus-4-6[1m]', effort: 'high' }],
    [{ args: ['--flag', '--text', 'some words', '--text=a=b', '-c', 'good'] }],
  ])('takes %j', (change) => {
    expect(violations(change)).toEqual([]);
  });

  it.each([
    [{ command: ['sh'] }, 'agent.command'],
    [{ model: '--yolo' }, 'agent.model'],
    [{ model: 'a b' }, 'agent.model'],
    [{ effort: 'most' }, 'agent.effort'],
    [{ args: ['positional'] }, 'agent.args'],
    [{ args: ['--unknown'] }, 'agent.args'],
    [{ args: ['--flag=x'] }, 'agent.args'],
    [{ args: ['--text'] }, 'agent.args'],
    [{ args: ['--text='] }, 'agent.args'],
    [{ args: ['--text', '--flag'] }, 'agent.args'],
    [{ args: ['--text', 'a\0b'] }, 'agent.args'],
    [{ args: ['--'] }, 'agent.args'],
    [{ args: ['-c=good'] }, 'agent.args'],
    [{ args: ['-cgood'] }, 'agent.args'],
    [{ args: ['-c', 'evil'] }, 'agent.args'],
    [{ args: ['toString'] }, 'agent.args'],
  ])('refuses %j', (change, field) => {
    expect(violations(change)).toEqual([field]);
  });

  it('asks for a model where the program has no default', () => {
    expect(violations({}, { ...rules, needsModelName: true })).toEqual(['agent.model']);
  });

  it('lets no word through that is no option of the list and no value of one', () => {
    const word = fc.oneof(fc.string(), fc.constantFrom('--flag', '--text', '-c', 'good', '--output-format', '-o'));
    fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), (args) => {
        if (violations({ args }).length > 0) return;
        for (let at = 0; at < args.length; at++) {
          const name = args[at]?.split('=')[0] ?? '';
          expect(Object.keys(rules.options)).toContain(name);
          if (name !== '--flag' && !args[at]?.includes('=')) expect(args[++at]).toMatch(/^[^-]/s);
        }
      }),
    );
  });

  it('refuses another service’s model and an id that no program gives', () => {
    const model = { provider: 'GEMINI', baseUrl: 'http://m' } as const;
    expect(() => {
      checkTurn({ model }, ['OPENAI']);
    }).toThrow(expect.objectContaining({ reason: 'FIELD_INVALID' }));
    expect(() => {
      checkTurn({ conversationId: '--last' }, []);
    }).toThrow(expect.objectContaining({ reason: 'FIELD_INVALID' }));
    checkTurn({ model, conversationId: 'ses_de5c256' }, ['GEMINI']);
  });

  it.each(['', '-x', 'a b', 'a\nb', '../x', 'x'.repeat(129)])('%j is no id of a conversation', (id) => {
    expect(isConversationId(id)).toBe(false);
  });
});

describe('the command line', () => {
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'heddle-launching-'));
  });
  afterAll(() => rm(directory, { recursive: true }));

  it('gives the prompt as standard input, and every other word as it is', () => {
    const command = ['printf', '%s|', '$HOME', '`id`', "it's", ''];
    const [program = '', ...args] = withPrompt(
      [...command, '-'],
      { name: 'p', content: '' },
      { ...places, run: '/dev' },
    );
    expect(args).toContain('/dev/p');
    // /dev/null stands for the file.
    const words = args.map((word) => (word === '/dev/p' ? '/dev/null' : word));
    expect(execFileSync(program, words, { encoding: 'utf8' })).toBe("$HOME|`id`|it's||-|");
  });

  it('puts files into the home first, in the place of what is there or behind it', async () => {
    const home = join(directory, 'home');
    const run = join(directory, 'run');
    await Promise.all([mkdir(home), mkdir(run)]);
    await Promise.all([
      writeFile(join(run, 'prompt'), 'Do it'),
      writeFile(join(run, 'settings'), 'new\n'),
      writeFile(join(run, 'notes'), 'mine\n'),
      writeFile(join(home, 'settings'), 'old\n'),
      writeFile(join(home, 'notes'), 'theirs\n'),
    ]);
    const put = (name: string, inHome: string, appends = false) => ({ file: { name, content: '' }, inHome, appends });
    const files = [put('settings', 'settings'), put('notes', 'notes', true), put('notes', 'a b/$c/notes', true)];
    const [program = '', ...args] = withPrompt(
      ['cat'],
      { name: 'prompt', content: '' },
      { ...places, home, run },
      files,
    );
    expect(execFileSync(program, args, { encoding: 'utf8' })).toBe('Do it');
    const read = (path: string) => readFile(join(home, path), 'utf8');
    expect(await Promise.all(['settings', 'notes', 'a b/$c/notes'].map(read))).toEqual([
      'new\n',
      'theirs\n\nmine\n',
      'mine\n',
    ]);
  });

  it.each([
    [new CodexAdapter(), '.codex/AGENTS.md', {}],
    [new ClaudeCodeAdapter(), '.claude/CLAUDE.md', {}],
    [new OpencodeAdapter(), '.config/opencode/AGENTS.md', { model: 'm' }],
    [new GeminiAdapter(), '.gemini/GEMINI.md', {}],
  ])('$kind reads what holds for the whole task from its home', (adapter, inHome, change) => {
    const launch = (instructions?: string) => adapter.launch(turnRequest({ agent: agentSpec(change), instructions }));
    const { command, files } = launch('Be brief.');
    expect(command).toContain(`/home/agent/${inHome}`);
    expect(files).toContainEqual({ name: 'instructions-1.md', content: 'Be brief.' });
    expect(command).not.toContain('Be brief.');
    expect(launch('')).toEqual(launch());
    expect(launch().command).not.toContain(`/home/agent/${inHome}`);
  });

  it('finds programs in the tool layer, else in PATH', () => {
    expect(agentProgram('CLAUDE_CODE', places)).toEqual(['claude']);
    const layer = { ...places, tools: '/t', node: '/n/node' };
    expect(agentProgram('CLAUDE_CODE', layer)).toEqual(['/t/node_modules/.bin/claude']);
    expect(agentProgram('CODEX', layer)).toEqual(['/n/node', '/t/node_modules/.bin/codex']);
  });

  it('gives addresses with or without a version', () => {
    expect(withPath('http://m', '/v1')).toBe('http://m/v1');
    expect(withPath('http://m/v1', '/v1')).toBe('http://m/v1');
    expect(withoutPath('http://m/v1', '/v1')).toBe('http://m');
    expect(withoutPath('http://m', '/v1')).toBe('http://m');
  });
});
