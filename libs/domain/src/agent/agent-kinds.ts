import type { FieldViolation } from '../errors/heddle-error.js';
import type { ModelProvider } from './model-endpoint.js';

export interface KnownAgentKind {
  readonly kind: string;
  readonly description: string;
  /** False: it has a name and no adapter yet; a task that names it is refused with NOT_AVAILABLE. */
  readonly available: boolean;
  /** Whose protocols it speaks: it needs a credential of one of them. Empty: it needs none, and may use any. */
  readonly providers: readonly ModelProvider[];
}

/** The agents that a task can name: what `/v1/agents` lists is what the scheduler knows. */
export const AGENT_KINDS: readonly KnownAgentKind[] = [
  {
    kind: 'COMMAND',
    description: 'Any program: it gets the prompt in a file and in the environment',
    available: true,
    providers: [],
  },
  { kind: 'CODEX', description: 'Codex CLI', available: true, providers: ['OPENAI', 'OPENAI_COMPATIBLE'] },
  { kind: 'CLAUDE_CODE', description: 'Claude Code', available: true, providers: ['ANTHROPIC'] },
  {
    kind: 'OPENCODE',
    description: 'OpenCode',
    available: true,
    providers: ['OPENAI_COMPATIBLE', 'OPENAI', 'ANTHROPIC'],
  },
  { kind: 'GEMINI', description: 'Gemini CLI', available: true, providers: ['GEMINI'] },
  { kind: 'ACP', description: 'Any agent that speaks the Agent Client Protocol', available: true, providers: [] },
];

/** Undefined for a kind that there is. @param field of the agent */
export function agentKindViolation(kind: string, field: string): FieldViolation | undefined {
  if (AGENT_KINDS.some((known) => known.kind === kind)) return undefined;
  const kinds = AGENT_KINDS.filter(({ available }) => available).map((known) => known.kind);
  return { field: `${field}.kind`, description: `must be one of ${kinds.join(', ')}` };
}
