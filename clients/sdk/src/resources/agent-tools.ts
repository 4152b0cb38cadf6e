import type { CallOptions } from '../http/transport.js';
import type { AgentTool } from '../models.js';
import { Resource } from './resource.js';

/** The programs of agents on the runners; changing them is for operators. */
export class AgentTools extends Resource {
  /** @param kind absent: of all kinds */
  async listAll(kind?: string, options?: CallOptions): Promise<readonly AgentTool[]> {
    return (await this.get<{ agents: AgentTool[] }>('/v1/admin/agents', { kind }, options)).agents;
  }

  /** @param version absent: the one that the server's release was tried with */
  install(kind: string, version?: string, options?: CallOptions): Promise<AgentTool> {
    return this.send('install', kind, version, options);
  }

  /** @param version absent: what a task without a version gets */
  verify(kind: string, version?: string, options?: CallOptions): Promise<AgentTool> {
    return this.send('verify', kind, version, options);
  }

  /** It goes from a runner with the last sandbox that was made with it. */
  uninstall(kind: string, version: string, options?: CallOptions): Promise<AgentTool> {
    return this.send('remove', kind, version, options);
  }

  private send(
    verb: string,
    kind: string,
    version: string | undefined,
    options: CallOptions | undefined,
  ): Promise<AgentTool> {
    const input = { kind, version };
    return this.post(`/v1/admin/agents:${verb}`, input as { requestId?: string }, options);
  }
}
