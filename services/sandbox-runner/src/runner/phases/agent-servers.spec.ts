import { AGENT_KINDS, agentAdapter } from '@heddle/agents';
import { AgentSpec, McpServer } from '@heddle/contracts';
import { describe, expect, it } from '@jest/globals';
import { withServersOfEnvironment } from './agent-servers.js';

const environmentMcpServers = [{ ...McpServer.create(), name: 'notes', command: ['node', 'notes.mjs'] }];
const places = { workspace: '/w', home: '/h', run: '/r', tools: '/t', bridges: '/b', node: '/n' };

/** All that a program of the kind is started with. */
function launched(own: AgentSpec): string {
  const { agent, ofEnvironment: environmentServers } = withServersOfEnvironment(own, { environmentMcpServers });
  const request = { agent, environmentServers, turn: 1, prompt: 'Do it', mode: 'CODE', variables: {}, places } as const;
  return JSON.stringify(agentAdapter(agent.kind).launch(request));
}

function agentOf(kind: string): AgentSpec {
  const command = ['COMMAND', 'ACP'].includes(kind) ? ['agent'] : [];
  return { ...AgentSpec.create(), kind, command, model: kind === 'OPENCODE' ? 'm' : '' };
}

describe("an environment's MCP servers", () => {
  it.each(AGENT_KINDS.filter((kind) => kind !== 'COMMAND'))('are in what %s is started with', (kind) => {
    expect(launched(agentOf(kind))).toContain('notes.mjs');
  });

  it('stand behind those of the agent', () => {
    const own = { ...McpServer.create(), name: 'own', url: 'https://mcp.example.com' };
    const { agent, ofEnvironment } = withServersOfEnvironment(
      { ...agentOf('CODEX'), mcpServers: [own] },
      { environmentMcpServers },
    );
    expect(agent.mcpServers.map(({ name }) => name)).toEqual(['own', 'notes']);
    expect(ofEnvironment).toEqual(['notes']);
  });

  it('are not told to a kind that can be told of none, which is said', () => {
    const agent = agentOf('COMMAND');
    expect(launched(agent)).not.toContain('notes');
    expect(withServersOfEnvironment(agent, { environmentMcpServers })).toEqual({
      agent,
      ofEnvironment: [],
      untold: "an agent of kind COMMAND can not be told of MCP servers: it goes without the environment's notes",
    });
    expect(withServersOfEnvironment(agent, { environmentMcpServers: [] }).untold).toBeUndefined();
  });
});
