import type { BoxSpec, JournalState } from '@heddle/sandbox';
import type { Sandbox } from '../sandboxes/sandbox.js';

/** The agent's box; a turn that has to run again after the platform went down gets a fresh one. */
export function agentBox(sandbox: Sandbox, attempt: number): BoxSpec {
  return sandbox.box(attempt === 1 ? 'agent' : `agent-${String(attempt)}`, [sandbox.baseLayer]);
}

/** The agent's box that was made last. */
export function currentAgentBox(sandbox: Sandbox, state: JournalState): BoxSpec {
  let attempt = 1;
  while (state.boxes.has(agentBox(sandbox, attempt + 1).name)) attempt += 1;
  return state.boxes.get(agentBox(sandbox, attempt).name) ?? agentBox(sandbox, attempt);
}
