import { agentTool, defaultVersion, type ToolState, type WantedVersion } from '@heddle/agents';
import type { AgentSpec } from '@heddle/contracts';
import type { EntityManager } from 'typeorm';
import { LOST_AFTER_SECONDS } from '../runners/runner.mapper.js';

/** A row of `agent_tools`: a version that operators want on every runner. */
export interface AgentToolRow {
  readonly kind: string;
  readonly version: string;
  readonly number: number;
  readonly create_time: Date;
}

/** What a runner said last of one version: `AgentToolReport` as it is kept in its row. */
export interface ReportedTool {
  readonly kind: string;
  readonly version: string;
  readonly state: 'INSTALLING' | 'READY' | 'FAILED';
  readonly message: string;
  readonly sizeBytes: string;
  readonly digest: string;
  readonly locked: boolean;
  readonly number: number;
  readonly verifyTime?: string;
}

export interface ToolsOfRunner {
  readonly id: string;
  readonly is_lost: boolean;
  readonly agent_tools: readonly ReportedTool[];
}

export function wantedTools(manager: EntityManager): Promise<AgentToolRow[]> {
  return manager.query('SELECT kind, version, number, create_time FROM agent_tools ORDER BY kind, create_time');
}

/** In the order in which the runners came. */
export function toolsOfRunners(manager: EntityManager): Promise<ToolsOfRunner[]> {
  return manager.query(
    `SELECT id, agent_tools, extract(epoch FROM now() - last_seen) > $1 AS is_lost FROM runners ORDER BY first_seen, id`,
    [LOST_AFTER_SECONDS],
  );
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

/** The wanted versions of a kind, and how far the runners are with each. Where all are lost, what they had counts. */
export function wantedVersions(
  kind: string,
  wanted: readonly AgentToolRow[],
  runners: readonly ToolsOfRunner[],
): WantedVersion[] {
  const alive = runners.filter((runner) => !runner.is_lost);
  const asked = alive.length > 0 ? alive : runners;
  return wanted
    .filter((row) => row.kind === kind)
    .map(({ version }) => ({ version, state: stateOn(asked, { kind, version }) }));
}

function stateOn(
  runners: readonly ToolsOfRunner[],
  { kind, version }: Omit<WantedVersion, 'state'> & { kind: string },
): ToolState {
  const states = runners.map(
    ({ agent_tools: tools }) => tools.find((tool) => tool.kind === kind && tool.version === version)?.state,
  );
  if (states.includes('READY')) return 'READY';
  return states.length > 0 && states.every((state) => state === 'FAILED') ? 'FAILED' : 'PENDING';
}

/**
 * What names the version that a task gets which names none: from then on it is that one, whatever is installed later.
 * What is wanted and what runners have is read once.
 */
export async function versionChooser(manager: EntityManager): Promise<(agent: AgentSpec) => AgentSpec> {
  const [wanted, runners] = [await wantedTools(manager), await toolsOfRunners(manager)];
  return (agent) => {
    const tool = agentTool(agent.kind);
    if (tool === undefined || agent.version !== '') return agent;
    return { ...agent, version: defaultVersion(tool, wantedVersions(agent.kind, wanted, runners)) };
  };
}
