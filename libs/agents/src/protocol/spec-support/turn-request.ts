import type { AgentSpec } from '@heddle/contracts';
import type { TurnRequest } from '../../agent-adapter.js';

export const PLACES = {
  workspace: '/workspace',
  home: '/home/agent',
  run: '/run/heddle',
  tools: '/opt/agents',
  node: '/opt/node',
} as const;

export function agentSpec(change: Partial<AgentSpec> = {}): AgentSpec {
  return {
    kind: '',
    command: [],
    version: '',
    model: '',
    effort: '',
    args: [],
    credentialId: '',
    mcpServers: [],
    ...change,
  };
}

/** The first turn of a task that says nothing but its prompt. */
export function turnRequest(change: Partial<TurnRequest> = {}): TurnRequest {
  return {
    agent: agentSpec(),
    turn: 1,
    prompt: 'Do it',
    mode: 'CODE',
    variables: { A: '1' },
    places: PLACES,
    ...change,
  };
}
