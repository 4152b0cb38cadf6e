import { homedir } from 'node:os';
import { methods, type AgentCapabilities, type ClientContext, type NewSessionRequest } from '@agentclientprotocol/sdk';
import { keepSessionFiles } from './gemini-session-files.js';
import { isLost } from './lost-session.js';
import type { SessionPast } from './session-past.js';
import { wordsOf } from './words-of.js';

export interface OpenSession {
  readonly id: string;
  /** It is a new one, for the one before is lost: in the agent's words. */
  readonly lost?: string;
}

/** Whether a later turn can go on with a session of this agent's. */
export function keepsSessions(capabilities: AgentCapabilities | undefined): boolean {
  return capabilities?.loadSession === true || canResume(capabilities);
}

/** The session of the turn before, where there is one and it is not lost, else a new one. Loading one has the agent tell its past once more. */
export async function openSession(
  context: ClientContext,
  capabilities: AgentCapabilities | undefined,
  wanted: { readonly session: NewSessionRequest; readonly sessionId: string | undefined; readonly past: SessionPast },
): Promise<OpenSession> {
  const { session, sessionId, past } = wanted;
  const { new: create, load, resume } = methods.agent.session;
  const begin = async (): Promise<string> => (await context.request(create, session)).sessionId;
  if (sessionId === undefined) return { id: await begin() };
  if (!keepsSessions(capabilities)) return { id: await begin(), lost: 'it says that it keeps no sessions' };
  const known = { ...session, sessionId };
  keepSessionFiles(homedir(), sessionId);
  try {
    if (canResume(capabilities)) await context.request(resume, known);
    else await past.during(() => context.request(load, known));
    return { id: sessionId };
  } catch (error) {
    if (!(await isLost(error, sessionId, context, capabilities))) throw error;
    return { id: await begin(), lost: wordsOf(error).message };
  }
}

function canResume(capabilities: AgentCapabilities | undefined): boolean {
  const resume = capabilities?.sessionCapabilities?.resume;
  return resume !== undefined && resume !== null;
}
