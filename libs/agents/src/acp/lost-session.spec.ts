import { RequestError, type AgentCapabilities, type ClientContext } from '@agentclientprotocol/sdk';
import { describe, expect, it } from '@jest/globals';
import { isLost } from './bridge/lost-session.js';

const ID = 'ses_2';

/** @param pages the ids that it lists; absent: it lists none, as most don't */
async function lost(error: unknown, pages?: readonly (readonly string[])[]): Promise<boolean> {
  const request = (_method: string, { cursor }: { readonly cursor?: string }): Promise<unknown> => {
    const page = Number(cursor ?? 0);
    const sessions = (pages?.[page] ?? []).map((sessionId) => ({ sessionId, cwd: '/workspace' }));
    const next = page + 1 < (pages?.length ?? 0) ? { nextCursor: String(page + 1) } : {};
    return pages?.length === 0 ? Promise.reject(new Error('closed')) : Promise.resolve({ sessions, ...next });
  };
  const capabilities: AgentCapabilities = pages === undefined ? {} : { sessionCapabilities: { list: {} } };
  return isLost(error, ID, { request } as unknown as ClientContext, capabilities);
}

const internal = (details: string): RequestError => new RequestError(-32603, 'Internal error', { details });

describe('a session is lost', () => {
  it.each([
    ['the protocol', new RequestError(-32002, 'Resource not found', { sessionId: ID })],
    ['Gemini CLI without any', internal('No previous sessions found for this project.')],
    ['Gemini CLI', internal(`Invalid session identifier "${ID}".\n  Searched for sessions in /home/agent.`)],
    ['Gemini CLI by its file', internal(`Failed to load session ${ID}: Failed to load session data`)],
    ['claude-code-acp', internal('Session not found')],
    ['Claude Code', internal(`No conversation found with session ID: ${ID}`)],
    ['codex', internal(`no rollout found for thread id ${ID}`)],
    ['others', new RequestError(-32602, `Session "${ID}" does not exist`)],
  ])('in the words of %s', async (_who, error) => {
    expect(await lost(error)).toBe(true);
  });

  it('where the agent lists its sessions and that is none of them (OpenCode)', async () => {
    const unclear = new RequestError(-32603, 'Internal error: OpenCode service failure', { service: 'session' });
    expect(await lost(unclear, [['ses_1'], ['ses_3']])).toBe(true);
    expect(await lost(unclear, [['ses_1'], [ID]])).toBe(false);
    expect(await lost(unclear, [])).toBe(false);
    expect(await lost(unclear)).toBe(false);
  });
});

describe('a session is not lost', () => {
  it.each([
    ['wants to be logged in to', RequestError.authRequired()],
    ['does not know the method', new RequestError(-32601, `"Method not found": session/load`)],
    ['takes no such request', new RequestError(-32600, 'Invalid request: session not found')],
    ['was told to end it', new RequestError(-32800, 'Request cancelled')],
    ['is not answered by its service', internal('request timed out')],
    ['lacks a program', internal('Failed to start session: command not found')],
    ['lacks a key for it', internal('Invalid session token')],
  ])('where the agent %s', async (_why, error) => {
    expect(await lost(error)).toBe(false);
  });

  it('where the agent is gone', async () => {
    expect(await lost(new Error('Session not found: the connection is closed'), [[]])).toBe(false);
    expect(await lost(RequestError.authRequired(), [[]])).toBe(false);
  });
});
