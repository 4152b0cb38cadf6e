import type { BoxSpec, JournalState, ToolMount } from '@heddle/sandbox';
import type { SetupLayers } from '../layers/setup-layers.js';
import type { TurnSeed } from '../turns/turn-seed.js';
import type { Sandbox } from '../sandboxes/sandbox.js';

function label(attempt: number): string {
  return attempt === 1 ? 'agent' : `agent-${String(attempt)}`;
}

/** The agent's box; a turn that has to run again after the platform went down gets a fresh one. */
export function agentBox(
  sandbox: Sandbox,
  attempt: number,
  { layers, homeLayers }: Pick<SetupLayers, 'layers' | 'homeLayers'>,
  tools: readonly ToolMount[],
  { box: seed }: TurnSeed,
): BoxSpec {
  const box = sandbox.box(label(attempt), [...layers, sandbox.baseLayer], { homeLayers, phase: 'AGENT', tools });
  return seed === undefined ? box : { ...box, seed };
}

/** The agent's box that was made last; undefined if none was. */
export function currentAgentBox(sandbox: Sandbox, state: JournalState): BoxSpec | undefined {
  let box: BoxSpec | undefined;
  for (let attempt = 1; ; attempt++) {
    const next = state.boxes.get(`${sandbox.name}.${label(attempt)}`);
    if (next === undefined) return box;
    box = next;
  }
}
