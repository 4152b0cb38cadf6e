import { describe, expect, it } from '@jest/globals';
import type { AgentSpec, McpServer } from '@heddle/contracts';
import type { HeddleError } from '@heddle/domain';
import { sessionServers } from '../acp/bridge/session-servers.js';
import { AGENT_KINDS, agentAdapter } from '../agent-registry.js';
import { agentSpec, turnRequest } from '../protocol/spec-support/turn-request.js';

const NOTES: McpServer = { name: 'notes', command: ['node', 'a b.mjs', '$HOME'], variables: { KEY: 'a"b' }, url: '' };
const DOCS: McpServer = { name: 'docs', command: [], variables: {}, url: 'https://mcp.example.com/v1' };

function launched(kind: string, more: Partial<AgentSpec> = {}) {
  const agent = agentSpec({ kind, model: kind === 'ACP' ? '' : 'm', mcpServers: [NOTES, DOCS], ...more });
  const request = turnRequest({ agent });
  return agentAdapter(kind).launch({ ...request, places: { ...request.places, tools: '/t' } });
}

function fileOf(kind: string, name: RegExp, more: Partial<AgentSpec> = {}): unknown {
  const file = launched(kind, more).files.find((each) => name.test(each.name));
  return JSON.parse(file?.content ?? '{}');
}

function faults(mcpServers: readonly Partial<McpServer>[], kind = 'CODEX'): string[] {
  try {
    const spec = mcpServers.map((server) => ({ name: 'a', command: [], variables: {}, url: '', ...server }));
    agentAdapter(kind).validate(agentSpec({ kind, command: kind === 'COMMAND' ? ['true'] : [], mcpServers: spec }));
    return [];
  } catch (error) {
    return (error as HeddleError).violations.map(({ field }) => field.replace('agent.mcp_servers', ''));
  }
}

describe('servers by the Model Context Protocol', () => {
  it('are told to codex as settings of its command line', () => {
    expect(launched('CODEX').command).toEqual(
      expect.arrayContaining([
        'mcp_servers.notes.command="node"',
        'mcp_servers.notes.args=["a b.mjs","$HOME"]',
        'mcp_servers.notes.env.KEY="a\\"b"',
        'mcp_servers.docs.url="https://mcp.example.com/v1"',
      ]),
    );
  });

  it('are told to Claude Code in a file of its own', () => {
    const { command } = launched('CLAUDE_CODE');
    expect(command[command.indexOf('--mcp-config') + 1]).toBe('/run/heddle/mcp-1.json');
    expect(fileOf('CLAUDE_CODE', /^mcp/)).toEqual({
      mcpServers: {
        notes: { type: 'stdio', command: 'node', args: ['a b.mjs', '$HOME'], env: { KEY: 'a"b' } },
        docs: { type: 'http', url: 'https://mcp.example.com/v1' },
      },
    });
    expect(launched('CLAUDE_CODE', { mcpServers: [] }).command).not.toContain('--mcp-config');
  });

  it('are told to OpenCode and Gemini CLI in their settings', () => {
    const { environment } = launched('OPENCODE');
    expect(JSON.parse(environment['OPENCODE_CONFIG_CONTENT'] ?? '')).toMatchObject({
      mcp: {
        notes: { type: 'local', command: ['node', 'a b.mjs', '$HOME'], environment: { KEY: 'a"b' } },
        docs: { type: 'remote', url: 'https://mcp.example.com/v1' },
      },
    });
    expect(fileOf('GEMINI', /settings/)).toMatchObject({
      mcpServers: {
        notes: { command: 'node', args: ['a b.mjs', '$HOME'], env: { KEY: 'a"b' }, trust: true },
        docs: { httpUrl: 'https://mcp.example.com/v1', trust: true },
      },
    });
  });

  it('are told to an agent of ACP when its session begins, those by HTTP only where it takes them', () => {
    const { mcpServers } = fileOf('ACP', /^acp/, { command: ['agent'] }) as {
      mcpServers: Parameters<typeof sessionServers>[0];
    };
    expect(sessionServers(mcpServers, true).servers).toEqual([
      { name: 'notes', command: 'node', args: ['a b.mjs', '$HOME'], env: [{ name: 'KEY', value: 'a"b' }] },
      { type: 'http', name: 'docs', url: 'https://mcp.example.com/v1', headers: [] },
    ]);
    expect(() => sessionServers(mcpServers, false)).toThrow('takes no MCP server by HTTP, as "docs" is one');
    // Of the environment.
    const spared = mcpServers.map((server) => ({ ...server, mayLack: true }));
    expect(sessionServers(spared, false)).toEqual({
      servers: [expect.objectContaining({ name: 'notes' })],
      without: ['docs'],
    });
    expect(sessionServers(spared, true)).toMatchObject({ servers: [{ name: 'notes' }, { name: 'docs' }], without: [] });
  });

  it('are refused by kinds that can not be told of any', () => {
    const without = AGENT_KINDS.filter((kind) => !agentAdapter(kind).capabilities.takesMcpServers);
    expect(without).toEqual(['COMMAND']);
    expect(faults([NOTES], 'COMMAND')).toEqual(['']);
    expect(faults([], 'COMMAND')).toEqual([]);
  });

  it.each<[Partial<McpServer>, string]>([
    [{ command: ['x'], name: 'A' }, '[0].name'],
    [{ command: ['x'], name: 'a_b' }, '[0].name'],
    [{ command: ['x'], name: '' }, '[0].name'],
    [{}, '[0]'],
    [{ command: ['x'], url: 'https://a.test' }, '[0]'],
    [{ command: [''] }, '[0].command'],
    [{ command: ['a\0'] }, '[0].command'],
    [{ command: ['x'], variables: { HEDDLE_X: '1' } }, '[0].variables.HEDDLE_X'],
    [{ command: ['x'], variables: { 'a.b': '1' } }, '[0].variables.a.b'],
    [{ url: 'mcp.example.com' }, '[0].url'],
    [{ url: 'file:///etc/passwd' }, '[0].url'],
    [{ url: 'https://u:p@a.test' }, '[0].url'],
    [{ url: 'https://a.test/?key=1' }, '[0].url'],
    [{ url: 'https://a.test', variables: { A: '1' } }, '[0].variables'],
  ])('%j is refused by its field', (server, field) => {
    expect(faults([server])).toEqual([field]);
  });

  it('have names of their own, and are not many', () => {
    expect(faults([{ command: ['x'] }, { command: ['y'] }])).toEqual(['[1].name']);
    expect(faults(Array.from({ length: 21 }, (_, index) => ({ name: `a${String(index)}`, command: ['x'] })))).toEqual([
      '',
    ]);
  });
});
