import { agentTool, defaultVersion } from '@heddle/agents';
import type { AgentSpec } from '@heddle/contracts';
import type { EntityManager } from 'typeorm';

/** A row of `agent_tools`: a version that operators want on every runner. */
export interface AgentToolRow {
  readonly kind: string;
  readonly version: string;
  readonly number: number;
  readonly create_time: Date;
}

export function wantedTools(manager: EntityManager): Promise<AgentToolRow[]> {
  return manager.query('SELECT kind, version, number, create_time FROM agent_tools ORDER BY kind, create_time');
}

/** True for an agent that brings its own program, and for one whose program every runner is to have. */
export async function isToolWanted(manager: EntityManager, agent: AgentSpec): Promise<boolean> {
  if (agentTool(agent.kind) === undefined) return true;
  const rows: unknown[] = await manager.query('SELECT 1 FROM agent_tools WHERE kind = $1 AND version = $2', [
    agent.kind,
    agent.version,
  ]);
  return rows.length > 0;
}

/** Names the version that a task gets which names none: from then on it is that one, whatever is installed later. */
export function withVersion(agent: AgentSpec, wanted: readonly AgentToolRow[]): AgentSpec {
  const tool = agentTool(agent.kind);
  if (tool === undefined || agent.version !== '') return agent;
  const versions = wanted.filter(({ kind }) => kind === agent.kind).map(({ version }) => version);
  return { ...agent, version: defaultVersion(tool, versions) };
}
