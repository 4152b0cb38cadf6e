import { capabilityWords } from '@heddle/agents';
import { Caller as CallerMessage, ListAgentsResponse, Role, ServerInfo, type AgentKind } from '@heddle/contracts';
import { AGENT_KINDS, HeddleError, type KnownAgentKind } from '@heddle/domain';
import type { UnaryHandler } from '../dispatch/call.js';

export const API_VERSION = 'v1';

/** `SystemService`: what the installation is, and who asks. */
export function systemHandlers(version: string): Readonly<Record<string, UnaryHandler>> {
  return {
    'heddle.v1.SystemService/GetServerInfo': () => ServerInfo.encode({ version, apiVersion: API_VERSION }).finish(),
    'heddle.v1.SystemService/GetCaller': (_request, { caller }) => {
      if (caller === undefined) throw new HeddleError('TOKEN_MISSING', 'A token is needed');
      return CallerMessage.encode({ principal: caller.principal, role: Role[caller.role] }).finish();
    },
    'heddle.v1.SystemService/ListAgents': () =>
      ListAgentsResponse.encode({ agents: AGENT_KINDS.map(described) }).finish(),
  };
}

function described({ kind, description, available }: KnownAgentKind): AgentKind {
  return { kind, description, available, capabilities: available ? capabilityWords(kind) : [] };
}
