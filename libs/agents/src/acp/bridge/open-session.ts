import { homedir } from 'node:os';
import { methods, type AgentCapabilities, type ClientContext, type NewSessionRequest } from '@agentclientprotocol/sdk';
import { keepSessionFiles } from './gemini-session-files.js';
import type { SessionPast } from './session-past.js';

/** Whether a later turn can go on with a session of this agent's. */
export function keepsSessions(capabilities: AgentCapabilities | undefined): boolean {
  return capabilities?.loadSession === true || canResume(capabilities);
}

/**
 * The session of the turn before, where there is one, else a new one. Loading one has the agent tell its past once more.
 * @returns its id
 */
export async function openSession(
  context: ClientContext,
  capabilities: AgentCapabilities | undefined,
  wanted: { readonly session: NewSessionRequest; readonly sessionId: string | undefined; readonly past: SessionPast },
): Promise<string> {
  const { session, sessionId, past } = wanted;
  const { new: create, load, resume } = methods.agent.session;
  if (sessionId === undefined) return (await context.request(create, session)).sessionId;
  const known = { ...session, sessionId };
  keepSessionFiles(homedir(), sessionId);
  if (canResume(capabilities)) await context.request(resume, known);
  else await past.during(() => context.request(load, known));
  return sessionId;
}

function canResume(capabilities: AgentCapabilities | undefined): boolean {
  const resume = capabilities?.sessionCapabilities?.resume;
  return resume !== undefined && resume !== null;
}
