export interface KnownAgentKind {
  readonly kind: string;
  readonly description: string;
  /** False: it has a name and no adapter yet; a task that names it is refused with NOT_AVAILABLE. */
  readonly available: boolean;
}

/** The agents that a task can name: what `/v1/agents` lists is what the scheduler knows. */
export const AGENT_KINDS: readonly KnownAgentKind[] = [
  {
    kind: 'COMMAND',
    description: 'Any program: it gets the prompt in a file and in the environment',
    available: true,
  },
  { kind: 'CODEX', description: 'Codex CLI', available: false },
  { kind: 'CLAUDE_CODE', description: 'Claude Code', available: false },
  { kind: 'OPENCODE', description: 'OpenCode', available: false },
  { kind: 'GEMINI', description: 'Gemini CLI', available: false },
  { kind: 'ACP', description: 'Any agent that speaks the Agent Client Protocol', available: false },
];
