import { fieldInvalid } from '@heddle/domain';
import type { AgentAdapter } from './agent-adapter.js';
import { AcpAdapter } from './acp/acp.adapter.js';
import { ClaudeCodeAdapter } from './claude-code/claude-code.adapter.js';
import { CodexAdapter } from './codex/codex.adapter.js';
import { CommandAdapter } from './command/command.adapter.js';
import { GeminiAdapter } from './gemini/gemini.adapter.js';
import { OpencodeAdapter } from './opencode/opencode.adapter.js';

const PROGRAMS: readonly AgentAdapter[] = [
  new CodexAdapter(),
  new ClaudeCodeAdapter(),
  new OpencodeAdapter(),
  new GeminiAdapter(),
];

/** The programs speak ACP too, or bridges to them do, and keep what they keep in the same places. */
const ADAPTERS: readonly AgentAdapter[] = [
  new CommandAdapter(),
  ...PROGRAMS,
  new AcpAdapter(PROGRAMS.flatMap(({ conversation }) => conversation)),
];

export const AGENT_KINDS: readonly string[] = ADAPTERS.map((adapter) => adapter.kind);

/** FIELD_INVALID for a kind that is not built. */
export function agentAdapter(kind: string): AgentAdapter {
  const adapter = ADAPTERS.find((candidate) => candidate.kind === kind);
  if (adapter === undefined) {
    throw fieldInvalid([{ field: 'agent.kind', description: `must be one of ${AGENT_KINDS.join(', ')}` }]);
  }
  return adapter;
}
