import { describe, expect, it } from '@jest/globals';
import { AGENT_KINDS as KNOWN } from '@heddle/domain';
import { AGENT_KINDS } from './agent-registry.js';

describe('the adapters', () => {
  it('are those of the kinds that are said to be available', () => {
    expect([...AGENT_KINDS].sort()).toEqual(KNOWN.flatMap(({ kind, available }) => (available ? [kind] : [])).sort());
  });
});
