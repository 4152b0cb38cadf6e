import { agentAdapter } from '@heddle/agents';
import { AgentSpec } from '@heddle/contracts';
import type { FieldViolation } from '@heddle/domain';
import type { EnvironmentVersionEntity } from '../persistence/environment.entity.js';
import { agentViolations } from '../shared/recipe-violations.js';
import { serversOfEnvironment } from './environment-servers.js';
import { reachFault } from './mcp-reach.js';

/**
 * What is wrong with the servers by the Model Context Protocol that an agent has in an environment, its own and the environment's. A kind
 * that can be told of none goes without those of the environment.
 * @param field path of the agent in the request
 */
export function serverViolations(
  asked: AgentSpec,
  { agent: standard, network }: Pick<EnvironmentVersionEntity, 'agent' | 'network'>,
  field: string,
): FieldViolation[] {
  const agent = AgentSpec.fromPartial(asked);
  const takes = agentAdapter(agent.kind).capabilities.takesMcpServers;
  const more = takes ? serversOfEnvironment(agent, standard) : [];
  const violations = agent.mcpServers.flatMap((server, index): FieldViolation[] => {
    const description = reachFault(server, network);
    return description === undefined ? [] : [{ field: `${field}.mcp_servers[${String(index)}].url`, description }];
  });
  for (const server of more) {
    const fault = reachFault(server, network);
    if (fault !== undefined)
      violations.push({ field, description: `has "${server.name}" of the environment, which ${fault}` });
  }
  if (violations.length > 0 || more.length === 0) return violations;
  return agentViolations({ ...agent, mcpServers: [...agent.mcpServers, ...more] }, field).map((fault) => ({
    ...fault,
    description: `${fault.description}, with those of the environment`,
  }));
}
