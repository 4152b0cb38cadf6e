import { describe, expect, it } from '@jest/globals';
import { capabilityWords } from './capability-words.js';
import { AGENT_KINDS as KNOWN } from '@heddle/domain';
import { AGENT_KINDS, agentAdapter } from './agent-registry.js';

describe('the adapters', () => {
  it('are there for every kind that is said to be available, and for no kind without a name', () => {
    const kinds = KNOWN.map(({ kind }) => kind);
    const available = KNOWN.flatMap(({ kind, available }) => (available ? [kind] : []));
    expect(AGENT_KINDS).toEqual(expect.arrayContaining(available));
    expect(kinds).toEqual(expect.arrayContaining([...AGENT_KINDS]));
    expect(new Set(AGENT_KINDS).size).toBe(AGENT_KINDS.length);
  });

  it('are found by their kind', () => {
    for (const kind of AGENT_KINDS) expect(agentAdapter(kind).kind).toBe(kind);
    expect(() => agentAdapter('ORACLE')).toThrow(expect.objectContaining({ reason: 'FIELD_INVALID' }));
  });

  it('say what they can do in words of the API', () => {
    const most = ['FOLLOW_UP', 'PLAN', 'ACTIVITY', 'USAGE', 'MODEL', 'EFFORT', 'MCP_SERVERS'];
    expect(capabilityWords('CODEX')).toEqual(most);
    expect(capabilityWords('CLAUDE_CODE')).toEqual(['FOLLOW_UP', 'STEER', ...most.slice(1)]);
    expect(capabilityWords('ACP')).toEqual(['FOLLOW_UP', 'ACTIVITY', 'MCP_SERVERS']);
    expect(capabilityWords('COMMAND')).toEqual([]);
  });
});
