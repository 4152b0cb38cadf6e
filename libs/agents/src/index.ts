export type {
  ActivityReader,
  AgentAdapter,
  AgentCapabilities,
  AgentLaunch,
  AgentPlaces,
  PlatformFile,
  ReadActivity,
  ReadContext,
  TurnExit,
  TurnMode,
  TurnReader,
  TurnRequest,
} from './agent-adapter.js';
export { ACP_BRIDGE } from './acp/acp-bridge.js';
export { CLAUDE_CODE_BRIDGE } from './claude-code/claude-code-bridge.js';
export { steerFile } from './launching/steer-file.js';
export { AGENT_KINDS, agentAdapter } from './agent-registry.js';
export { capabilityWords } from './capability-words.js';
export { CommandAdapter } from './command/command.adapter.js';
export { byModel, toModelUsage, totalUsage } from './protocol/model-usage.js';
export { CurrentStep } from './protocol/current-step.js';
export { RepeatedSteps } from './protocol/repeated-steps.js';
export {
  AGENT_TOOLS,
  agentTool,
  toolCommand,
  VERSION_ARGUMENTS,
  type AgentTool,
  type ToolHost,
} from './tools/agent-tools.js';
export { defaultVersion, isToolVersion, versionIn, type ToolState, type WantedVersion } from './tools/tool-version.js';
