import type { AgentPlaces } from '../agent-adapter.js';
import { agentTool, toolCommand } from '../tools/agent-tools.js';

/** How the program of a kind is started: from the tool layer, or as the one in PATH where a box has no layer. */
export function agentProgram(kind: string, { tools, node }: Pick<AgentPlaces, 'tools' | 'node'>): string[] {
  const tool = agentTool(kind);
  if (tool === undefined) throw new TypeError(`${kind} has no program of its own`);
  return tools === undefined ? [tool.program] : toolCommand(tool, { tools, node });
}
