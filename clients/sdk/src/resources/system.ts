import type { AgentKind, Caller, ServerInfo } from '../models.js';
import type { CallOptions } from '../http/transport.js';
import { Resource } from './resource.js';

export class System extends Resource {
  /** Needs no token. */
  serverInfo(options?: CallOptions): Promise<ServerInfo> {
    return this.get('/v1/info', {}, options);
  }

  caller(options?: CallOptions): Promise<Caller> {
    return this.get('/v1/me', {}, options);
  }

  async listAgents(options?: CallOptions): Promise<readonly AgentKind[]> {
    const answer = await this.get<{ agents: AgentKind[] }>('/v1/agents', {}, options);
    return answer.agents;
  }
}
