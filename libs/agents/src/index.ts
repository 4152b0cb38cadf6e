export type {
  ActivityReader,
  AgentAdapter,
  AgentCapabilities,
  AgentLaunch,
  AgentPlaces,
  PlatformFile,
  ReadActivity,
  TurnExit,
  TurnReader,
  TurnRequest,
} from './agent-adapter.js';
export { AGENT_KINDS, agentAdapter } from './agent-registry.js';
export { CommandAdapter } from './command/command.adapter.js';
