import { methods, RequestError, type AgentCapabilities, type ClientContext } from '@agentclientprotocol/sdk';

/** What the protocol has for a session that is not there. */
const NOT_FOUND = -32002;
/** What agents answer with in its place; every other code has a meaning of its own that a new session would not help. */
const UNCLEAR: readonly number[] = [-32602, -32603];

/** As Gemini CLI, claude-code-acp, Claude Code and codex say it, and others in like words. */
const WORDS: readonly RegExp[] = [
  /\b(session|conversation|thread)( (with )?(id:? )?["'`]?[\w-]+["'`]?)? ((was |is )?not found|does(n't| not) exist|no longer exists)/i,
  /\bno (previous |saved )?(session|conversation|rollout|thread)s? ((with|for) .{0,100})?found\b/i,
  /\b(no such|unknown) (session|conversation|thread)\b|\binvalid session identifier\b|\bfailed to load session data\b/i,
];

/** A home has few sessions; an agent that goes on naming more is not believed. */
const MAX_PAGES = 100;

/**
 * Whether a session could not be opened because it is not there: then another one can take its place. An agent that is gone, wants to be
 * logged in to or fails otherwise would fail with a new one too, and its failure is to be told as what it is.
 */
export async function isLost(
  error: unknown,
  sessionId: string,
  context: ClientContext,
  capabilities: AgentCapabilities | undefined,
): Promise<boolean> {
  if (!(error instanceof RequestError)) return false;
  if (error.code === NOT_FOUND) return true;
  if (!UNCLEAR.includes(error.code)) return false;
  const text = `${error.message} ${error.data === undefined ? '' : JSON.stringify(error.data)}`;
  return WORDS.some((words) => words.test(text)) || (await isUnlisted(sessionId, context, capabilities));
}

/** True where the agent tells its sessions and this is none of them: some say no more of a lost one than that something failed (OpenCode). */
async function isUnlisted(
  sessionId: string,
  context: ClientContext,
  capabilities: AgentCapabilities | undefined,
): Promise<boolean> {
  const list = capabilities?.sessionCapabilities?.list;
  if (list === undefined || list === null) return false;
  let cursor: string | null | undefined;
  for (let page = 0; page < MAX_PAGES; page++) {
    const listed = await context.request(methods.agent.session.list, cursor ? { cursor } : {}).catch(() => undefined);
    if (listed === undefined || listed.sessions.some((session) => session.sessionId === sessionId)) return false;
    cursor = listed.nextCursor;
    if (!cursor) return true;
  }
  return false;
}
