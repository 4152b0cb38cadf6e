/** A kind of agent as the API has it, however it was typed: `claude-code` is CLAUDE_CODE. */
export function parseAgentKind(text: string): string {
  return text.toUpperCase().replaceAll('-', '_');
}
