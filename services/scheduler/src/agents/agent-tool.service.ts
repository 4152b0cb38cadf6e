import { Injectable } from '@nestjs/common';
import { AGENT_TOOLS, agentTool, defaultVersion, isToolVersion, type AgentTool as Tool } from '@heddle/agents';
import {
  AgentTool,
  InstallAgentToolRequest,
  RemoveAgentToolRequest,
  VerifyAgentToolRequest,
  type ListAgentToolsRequest,
  type ListAgentToolsResponse,
} from '@heddle/contracts';
import { fieldInvalid, HeddleError } from '@heddle/domain';
import { answerOnce } from '@heddle/platform/outbox';
import { DataSource, type EntityManager } from 'typeorm';
import { toolsOfRunners, wantedTools, wantedVersions } from './agent-tool-rows.js';
import { toAgentTools } from './agent-tool.mapper.js';

interface Named {
  readonly tool: Tool;
  readonly version: string;
}

/** What operators want of the agents' programs. Runners learn it with the answer to their next report. */
@Injectable()
export class AgentToolService {
  constructor(private readonly dataSource: DataSource) {}

  async list({ kind }: ListAgentToolsRequest): Promise<ListAgentToolsResponse> {
    const all = await this.read(this.dataSource.manager);
    return { agents: kind === '' ? all : all.filter((tool) => tool.kind === kind) };
  }

  /** @throws HeddleError FIELD_INVALID */
  install(request: InstallAgentToolRequest): Promise<AgentTool> {
    const { tool, version } = named(request, (known) => known.pinned);
    return answerOnce(
      this.dataSource,
      {
        method: 'heddle.v1.AgentToolService/InstallAgentTool',
        requestId: request.requestId,
        request,
        requestCodec: InstallAgentToolRequest,
        responseCodec: AgentTool,
      },
      () => Promise.resolve(),
      async (manager) => {
        await manager.query(
          `INSERT INTO agent_tools (kind, version, number) VALUES ($1, $2, 1)
           ON CONFLICT (kind, version) DO UPDATE SET number = agent_tools.number + 1`,
          [tool.kind, version],
        );
        return this.one(manager, { tool, version });
      },
    );
  }

  /** @throws HeddleError FIELD_INVALID, AGENT_NOT_INSTALLED */
  async verify(request: VerifyAgentToolRequest): Promise<AgentTool> {
    const { manager } = this.dataSource;
    const [wanted, runners] = [await wantedTools(manager), await toolsOfRunners(manager)];
    const { tool, version } = named(request, (known) =>
      defaultVersion(known, wantedVersions(known.kind, wanted, runners)),
    );
    return answerOnce(
      this.dataSource,
      {
        method: 'heddle.v1.AgentToolService/VerifyAgentTool',
        requestId: request.requestId,
        request,
        requestCodec: VerifyAgentToolRequest,
        responseCodec: AgentTool,
      },
      () => Promise.resolve(),
      async (manager) => {
        const [, changed]: [unknown, number] = await manager.query(
          'UPDATE agent_tools SET number = number + 1 WHERE kind = $1 AND version = $2',
          [tool.kind, version],
        );
        if (changed === 0) throw notInstalled(tool.kind, version);
        return this.one(manager, { tool, version });
      },
    );
  }

  /** @throws HeddleError FIELD_INVALID; AGENT_NOT_INSTALLED for one that no runner was ever to have */
  remove(request: RemoveAgentToolRequest): Promise<AgentTool> {
    const { tool, version } = named(request, () => '');
    return answerOnce(
      this.dataSource,
      {
        method: 'heddle.v1.AgentToolService/RemoveAgentTool',
        requestId: request.requestId,
        request,
        requestCodec: RemoveAgentToolRequest,
        responseCodec: AgentTool,
      },
      () => Promise.resolve(),
      async (manager) => {
        const before = await this.one(manager, { tool, version });
        await manager.query('DELETE FROM agent_tools WHERE kind = $1 AND version = $2', [tool.kind, version]);
        return { ...before, wanted: false, default: false };
      },
    );
  }

  private async one(manager: EntityManager, { tool, version }: Named): Promise<AgentTool> {
    const found = (await this.read(manager)).find((other) => other.kind === tool.kind && other.version === version);
    if (found === undefined) throw notInstalled(tool.kind, version);
    return found;
  }

  private async read(manager: EntityManager): Promise<AgentTool[]> {
    return toAgentTools(await wantedTools(manager), await toolsOfRunners(manager));
  }
}

/** @param otherwise the version of a request that names none; empty: it has to */
function named(request: { readonly kind: string; readonly version: string }, otherwise: (tool: Tool) => string): Named {
  const tool = agentTool(request.kind);
  if (tool === undefined) {
    const kinds = AGENT_TOOLS.map(({ kind }) => kind).join(', ');
    throw fieldInvalid([{ field: 'kind', description: `must be one of ${kinds}` }]);
  }
  const version = request.version === '' ? otherwise(tool) : request.version;
  if (!isToolVersion(version))
    throw fieldInvalid([{ field: 'version', description: `must be one version, for example ${tool.pinned}` }]);
  return { tool, version };
}

function notInstalled(kind: string, version: string): HeddleError {
  return new HeddleError(
    'AGENT_NOT_INSTALLED',
    `${kind} ${version} is not installed: heddle admin agents install ${kind} --version ${version}`,
    { metadata: { kind, version } },
  );
}
