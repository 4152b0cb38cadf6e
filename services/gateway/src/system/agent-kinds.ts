import type { AgentKind } from '@heddle/contracts';

/** The agents that a task can name. A kind that is not available yet is refused when a task names it. */
export const AGENT_KINDS: readonly AgentKind[] = [
  {
    kind: 'COMMAND',
    description: 'Any program: it gets the prompt in a file and in the environment',
    available: true,
    capabilities: [],
  },
  { kind: 'CODEX', description: 'Codex CLI', available: false, capabilities: [] },
  { kind: 'CLAUDE', description: 'Claude Code', available: false, capabilities: [] },
  { kind: 'GEMINI', description: 'Gemini CLI', available: false, capabilities: [] },
  { kind: 'OPENCODE', description: 'OpenCode', available: false, capabilities: [] },
];
