import { AgentSpec, type McpServer } from '@heddle/contracts';

/**
 * Servers that an environment names for its own agent, and that any other agent in it has beside its own. One of a name that the agent
 * has already is not among them.
 * @param standard the environment's agent
 */
export function serversOfEnvironment(agent: AgentSpec, standard: AgentSpec | null): McpServer[] {
  // Rows of before there were any have no list.
  const own = new Set(AgentSpec.fromPartial(agent).mcpServers.map(({ name }) => name));
  return AgentSpec.fromPartial(standard ?? {}).mcpServers.filter(({ name }) => !own.has(name));
}
