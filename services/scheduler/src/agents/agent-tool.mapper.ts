import { agentTool, defaultVersion } from '@heddle/agents';
import { AgentTool, AgentToolOnRunner, AgentToolOnRunner_State } from '@heddle/contracts';
import { wantedVersions, type AgentToolRow, type ToolsOfRunner } from './agent-tool-rows.js';

/** All that is wanted, and what runners have beside it. */
export function toAgentTools(wanted: readonly AgentToolRow[], runners: readonly ToolsOfRunner[]): AgentTool[] {
  const rows = new Map(wanted.map((row) => [keyOf(row), row]));
  const named = [...wanted, ...runners.flatMap(({ agent_tools: tools }) => tools)];
  const keys = [...new Map(named.map((tool) => [keyOf(tool), tool])).values()];
  return keys
    .sort((one, other) => one.kind.localeCompare(other.kind) || compareVersions(one.version, other.version))
    .map(({ kind, version }) => {
      const tool = agentTool(kind);
      const row = rows.get(keyOf({ kind, version }));
      const versions = wantedVersions(kind, wanted, runners);
      return AgentTool.fromPartial({
        kind,
        version,
        package: tool?.package ?? '',
        default: tool !== undefined && row !== undefined && defaultVersion(tool, versions) === version,
        wanted: row !== undefined,
        createTime: row?.create_time,
        number: row?.number ?? 0,
        runners: runners.flatMap((runner) => onRunner(runner, { kind, version })),
      });
    });
}

function onRunner(runner: ToolsOfRunner, tool: { kind: string; version: string }): AgentToolOnRunner[] {
  const reported = runner.agent_tools.find((other) => keyOf(other) === keyOf(tool));
  if (reported === undefined)
    return runner.is_lost
      ? []
      : [AgentToolOnRunner.fromPartial({ runnerId: runner.id, state: AgentToolOnRunner_State.ABSENT })];
  return [
    AgentToolOnRunner.fromPartial({
      runnerId: runner.id,
      state: AgentToolOnRunner_State[reported.state],
      message: reported.message,
      sizeBytes: reported.sizeBytes,
      digest: reported.digest,
      locked: reported.locked,
      number: reported.number,
      verifyTime: reported.verifyTime === undefined ? undefined : new Date(reported.verifyTime),
    }),
  ];
}

function keyOf({ kind, version }: { readonly kind: string; readonly version: string }): string {
  return `${kind}/${version}`;
}

function compareVersions(one: string, other: string): number {
  return one.localeCompare(other, 'en', { numeric: true });
}
