import { describe, expect, it } from '@jest/globals';
import type { AgentSpec } from '@heddle/contracts';
import { CommandAdapter } from './command.adapter.js';

const agent: AgentSpec = {
  kind: 'COMMAND',
  command: ['bash', '-c', 'true'],
  version: '',
  model: '',
  effort: '',
  args: [],
  credentialId: '',
  mcpServers: [],
};
const places = { workspace: '/workspace', home: '/home/agent', run: '/run/heddle', node: '/usr/bin/node' };
const launch = (prompt: string): ReturnType<CommandAdapter['launch']> =>
  new CommandAdapter().launch({
    agent,
    turn: 2,
    prompt,
    mode: 'CODE',
    variables: { A: '1', HEDDLE_PROMPT_FILE: 'taken' },
    places,
  });

describe('CommandAdapter', () => {
  it('gives the prompt as a file and as a variable', () => {
    const result = launch('do it');
    expect(result.command).toEqual(['bash', '-c', 'true']);
    expect(result.files).toEqual([{ name: 'prompt-2.md', content: 'do it' }]);
    expect(result.environment).toEqual({
      A: '1',
      HEDDLE_TURN: '2',
      HEDDLE_PROMPT: 'do it',
      HEDDLE_PROMPT_FILE: '/run/heddle/prompt-2.md',
    });
  });

  it('gives a prompt of more than 96 KiB as a file only', () => {
    expect(launch('x'.repeat(96 * 1024)).environment['HEDDLE_PROMPT']).toHaveLength(96 * 1024);
    const large = launch('ä'.repeat(48 * 1024 + 1));
    expect(large.environment['HEDDLE_PROMPT']).toBeUndefined();
    expect(large.files[0]?.content).toHaveLength(48 * 1024 + 1);
  });

  it('refuses a specification without a program', () => {
    expect(() => {
      new CommandAdapter().validate({ ...agent, command: [] });
    }).toThrow(expect.objectContaining({ reason: 'FIELD_INVALID' }));
    expect(() => {
      new CommandAdapter().validate({ ...agent, command: ['a\0b'] });
    }).toThrow(expect.objectContaining({ reason: 'FIELD_INVALID' }));
  });
});
