import { agentAdapter } from '@heddle/agents';
import type { AgentSpec } from '@heddle/contracts';
import type { SandboxSpec } from '@heddle/contracts/internal';

export interface AgentServers {
  /** With the servers of its environment beside its own, where its kind can be told of any. */
  readonly agent: AgentSpec;
  /** Names of those that are the environment's. */
  readonly ofEnvironment: readonly string[];
  /** For the log of a turn whose agent goes without them. */
  readonly untold: string | undefined;
}

export function withServersOfEnvironment(
  agent: AgentSpec,
  { environmentMcpServers: servers }: Pick<SandboxSpec, 'environmentMcpServers'>,
): AgentServers {
  const names = servers.map(({ name }) => name);
  if (names.length === 0) return { agent, ofEnvironment: [], untold: undefined };
  if (!agentAdapter(agent.kind).capabilities.takesMcpServers) {
    const untold = `an agent of kind ${agent.kind} can not be told of MCP servers: it goes without the environment's ${names.join(', ')}`;
    return { agent, ofEnvironment: [], untold };
  }
  return {
    agent: { ...agent, mcpServers: [...agent.mcpServers, ...servers] },
    ofEnvironment: names,
    untold: undefined,
  };
}
