export type {
  AgentActivity,
  AgentAdapter,
  AgentCapabilities,
  AgentLaunch,
  AgentPlaces,
  PlatformFile,
  TurnEnding,
  TurnRequest,
} from './agent-adapter.js';
export { AGENT_KINDS, agentAdapter } from './agent-registry.js';
export { CommandAdapter } from './command/command.adapter.js';
