import type { AgentCapabilities } from './agent-adapter.js';
import { agentAdapter } from './agent-registry.js';

const WORDS: Readonly<Record<string, (capabilities: AgentCapabilities) => boolean>> = {
  FOLLOW_UP: ({ resumes }) => resumes,
  STEER: ({ steers }) => steers,
  PLAN: ({ plans }) => plans,
  ACTIVITY: ({ reportsActivity }) => reportsActivity,
  USAGE: ({ reportsUsage }) => reportsUsage,
  MODEL: ({ choosesModel }) => choosesModel,
  EFFORT: ({ choosesEffort }) => choosesEffort,
  MCP_SERVERS: ({ takesMcpServers }) => takesMcpServers,
};

/** What a kind of agent can do, in words of the API. @throws HeddleError FIELD_INVALID for a kind that is not built */
export function capabilityWords(kind: string): string[] {
  const { capabilities } = agentAdapter(kind);
  return Object.keys(WORDS).filter((word) => WORDS[word]?.(capabilities) === true);
}
