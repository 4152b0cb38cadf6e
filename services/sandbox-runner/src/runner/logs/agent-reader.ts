import { agentAdapter, type TurnReader } from '@heddle/agents';
import type { SupervisorHello } from '../../protocol/supervisor-protocol.js';
import type { Sandbox } from '../sandboxes/sandbox.js';

/** A new reader of what the sandbox's agent prints; undefined where that is plain text, or where there is no agent. */
export function agentReader(
  { inside }: Pick<SupervisorHello, 'inside'>,
  { spec, mode }: Sandbox,
): TurnReader | undefined {
  if (spec.agent === undefined) return undefined;
  // Without a boundary each box has a place of its own: paths are shown as the agent gives them.
  return agentAdapter(spec.agent.kind).reader({ workspace: inside?.workspace ?? '', mode });
}
