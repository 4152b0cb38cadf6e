const CONVERSATION_ID = /^[A-Za-z0-9][\w-]{0,127}$/;

/** It comes from an agent's output and goes to the command line of its next turn. */
export function isConversationId(text: string): boolean {
  return CONVERSATION_ID.test(text);
}
